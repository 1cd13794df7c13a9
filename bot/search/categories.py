"""arXiv's categories and the everyday names that stand for them.

Codes and titles are those of arXiv's category taxonomy (https://arxiv.org/category_taxonomy).
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

_TITLES: Final = {
    "cs": {
        "AI": "Artificial Intelligence",
        "AR": "Hardware Architecture",
        "CC": "Computational Complexity",
        "CE": "Computational Engineering, Finance, and Science",
        "CG": "Computational Geometry",
        "CL": "Computation and Language",
        "CR": "Cryptography and Security",
        "CV": "Computer Vision and Pattern Recognition",
        "CY": "Computers and Society",
        "DB": "Databases",
        "DC": "Distributed, Parallel, and Cluster Computing",
        "DL": "Digital Libraries",
        "DM": "Discrete Mathematics",
        "DS": "Data Structures and Algorithms",
        "ET": "Emerging Technologies",
        "FL": "Formal Languages and Automata Theory",
        "GL": "General Literature",
        "GR": "Graphics",
        "GT": "Computer Science and Game Theory",
        "HC": "Human-Computer Interaction",
        "IR": "Information Retrieval",
        "IT": "Information Theory",
        "LG": "Machine Learning",
        "LO": "Logic in Computer Science",
        "MA": "Multiagent Systems",
        "MM": "Multimedia",
        "MS": "Mathematical Software",
        "NA": "Numerical Analysis",
        "NE": "Neural and Evolutionary Computing",
        "NI": "Networking and Internet Architecture",
        "OH": "Other Computer Science",
        "OS": "Operating Systems",
        "PF": "Performance",
        "PL": "Programming Languages",
        "RO": "Robotics",
        "SC": "Symbolic Computation",
        "SD": "Sound",
        "SE": "Software Engineering",
        "SI": "Social and Information Networks",
        "SY": "Systems and Control",
    },
    "econ": {"EM": "Econometrics", "GN": "General Economics", "TH": "Theoretical Economics"},
    "eess": {
        "AS": "Audio and Speech Processing",
        "IV": "Image and Video Processing",
        "SP": "Signal Processing",
        "SY": "Systems and Control",
    },
    "math": {
        "AC": "Commutative Algebra",
        "AG": "Algebraic Geometry",
        "AP": "Analysis of PDEs",
        "AT": "Algebraic Topology",
        "CA": "Classical Analysis and ODEs",
        "CO": "Combinatorics",
        "CT": "Category Theory",
        "CV": "Complex Variables",
        "DG": "Differential Geometry",
        "DS": "Dynamical Systems",
        "FA": "Functional Analysis",
        "GM": "General Mathematics",
        "GN": "General Topology",
        "GR": "Group Theory",
        "GT": "Geometric Topology",
        "HO": "History and Overview",
        "IT": "Information Theory",
        "KT": "K-Theory and Homology",
        "LO": "Logic",
        "MG": "Metric Geometry",
        "MP": "Mathematical Physics",
        "NA": "Numerical Analysis",
        "NT": "Number Theory",
        "OA": "Operator Algebras",
        "OC": "Optimization and Control",
        "PR": "Probability",
        "QA": "Quantum Algebra",
        "RA": "Rings and Algebras",
        "RT": "Representation Theory",
        "SG": "Symplectic Geometry",
        "SP": "Spectral Theory",
        "ST": "Statistics Theory",
    },
    "astro-ph": {
        "CO": "Cosmology and Nongalactic Astrophysics",
        "EP": "Earth and Planetary Astrophysics",
        "GA": "Astrophysics of Galaxies",
        "HE": "High Energy Astrophysical Phenomena",
        "IM": "Instrumentation and Methods for Astrophysics",
        "SR": "Solar and Stellar Astrophysics",
    },
    "cond-mat": {
        "dis-nn": "Disordered Systems and Neural Networks",
        "mes-hall": "Mesoscale and Nanoscale Physics",
        "mtrl-sci": "Materials Science",
        "other": "Other Condensed Matter",
        "quant-gas": "Quantum Gases",
        "soft": "Soft Condensed Matter",
        "stat-mech": "Statistical Mechanics",
        "str-el": "Strongly Correlated Electrons",
        "supr-con": "Superconductivity",
    },
    "gr-qc": {"": "General Relativity and Quantum Cosmology"},
    "hep-ex": {"": "High Energy Physics - Experiment"},
    "hep-lat": {"": "High Energy Physics - Lattice"},
    "hep-ph": {"": "High Energy Physics - Phenomenology"},
    "hep-th": {"": "High Energy Physics - Theory"},
    "math-ph": {"": "Mathematical Physics"},
    "nlin": {
        "AO": "Adaptation and Self-Organizing Systems",
        "CD": "Chaotic Dynamics",
        "CG": "Cellular Automata and Lattice Gases",
        "PS": "Pattern Formation and Solitons",
        "SI": "Exactly Solvable and Integrable Systems",
    },
    "nucl-ex": {"": "Nuclear Experiment"},
    "nucl-th": {"": "Nuclear Theory"},
    "physics": {
        "acc-ph": "Accelerator Physics",
        "ao-ph": "Atmospheric and Oceanic Physics",
        "app-ph": "Applied Physics",
        "atm-clus": "Atomic and Molecular Clusters",
        "atom-ph": "Atomic Physics",
        "bio-ph": "Biological Physics",
        "chem-ph": "Chemical Physics",
        "class-ph": "Classical Physics",
        "comp-ph": "Computational Physics",
        "data-an": "Data Analysis, Statistics and Probability",
        "ed-ph": "Physics Education",
        "flu-dyn": "Fluid Dynamics",
        "gen-ph": "General Physics",
        "geo-ph": "Geophysics",
        "hist-ph": "History and Philosophy of Physics",
        "ins-det": "Instrumentation and Detectors",
        "med-ph": "Medical Physics",
        "optics": "Optics",
        "plasm-ph": "Plasma Physics",
        "pop-ph": "Popular Physics",
        "soc-ph": "Physics and Society",
        "space-ph": "Space Physics",
    },
    "quant-ph": {"": "Quantum Physics"},
    "q-bio": {
        "BM": "Biomolecules",
        "CB": "Cell Behavior",
        "GN": "Genomics",
        "MN": "Molecular Networks",
        "NC": "Neurons and Cognition",
        "OT": "Other Quantitative Biology",
        "PE": "Populations and Evolution",
        "QM": "Quantitative Methods",
        "SC": "Subcellular Processes",
        "TO": "Tissues and Organs",
    },
    "q-fin": {
        "CP": "Computational Finance",
        "EC": "Economics",
        "GN": "General Finance",
        "MF": "Mathematical Finance",
        "PM": "Portfolio Management",
        "PR": "Pricing of Securities",
        "RM": "Risk Management",
        "ST": "Statistical Finance",
        "TR": "Trading and Market Microstructure",
    },
    "stat": {
        "AP": "Applications",
        "CO": "Computation",
        "ME": "Methodology",
        "ML": "Machine Learning",
        "OT": "Other Statistics",
        "TH": "Statistics Theory",
    },
}

CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        f"{archive}.{subject}" if subject else archive: title
        for archive, subjects in _TITLES.items()
        for subject, title in subjects.items()
    }
)
"""Code → title of every category, as `cs.CL` → `Computation and Language`."""

ARCHIVES: Final = frozenset(_TITLES)
"""What stands before the dot; an archive without parts (`gr-qc`) is a category itself."""

NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "agents": ("cs.MA",),
        "ai": ("cs.AI",),
        "algorithms": ("cs.DS",),
        "astronomy": ("astro-ph",),
        "audio": ("cs.SD", "eess.AS"),
        "biology": ("q-bio",),
        "compilers": ("cs.PL",),
        "cosmology": ("astro-ph.CO",),
        "cryptography": ("cs.CR",),
        "databases": ("cs.DB",),
        "distributed": ("cs.DC",),
        "economics": ("econ", "q-fin.EC"),
        "evolutionary": ("cs.NE",),
        "finance": ("q-fin",),
        "games": ("cs.GT",),
        "genomics": ("q-bio.GN",),
        "graphics": ("cs.GR",),
        "hardware": ("cs.AR",),
        "hci": ("cs.HC",),
        "imaging": ("eess.IV",),
        "language": ("cs.CL",),
        "learning": ("cs.LG", "stat.ML"),
        "logic": ("cs.LO", "math.LO"),
        "materials": ("cond-mat.mtrl-sci",),
        "mathematics": ("math", "math-ph"),
        "ml": ("cs.LG", "stat.ML"),
        "multimedia": ("cs.MM",),
        "networks": ("cs.NI",),
        "neuroscience": ("q-bio.NC",),
        "nlp": ("cs.CL",),
        "optimization": ("math.OC",),
        "quantum": ("quant-ph",),
        "retrieval": ("cs.IR",),
        "robotics": ("cs.RO",),
        "security": ("cs.CR",),
        "signals": ("eess.SP",),
        "society": ("cs.CY",),
        "software": ("cs.SE",),
        "sound": ("cs.SD", "eess.AS"),
        "speech": ("cs.SD", "eess.AS"),
        "statistics": ("stat", "math.ST"),
        "systems": ("cs.OS", "cs.DC", "cs.PF"),
        "vision": ("cs.CV",),
    }
)
"""Everyday name → the categories and archives it stands for. None of the names is an arXiv code."""

# What people type for one of these and may not: not so common that it should be a name by itself.
_MEANT: Final = MappingProxyType(
    {
        "computerscience": "cs",
        "image": "vision",
        "images": "vision",
        "llm": "nlp",
        "llms": "nlp",
        "naturallanguageprocessing": "nlp",
    }
)
_SHORTEST: Final = 3  # letters that tell a name by its beginning
_SHORTEST_END: Final = 5  # and by its end
_LETTERS: Final = re.compile(r"[^\W\d_]+")

_KNOWN: Final = {value.casefold(): value for value in (*CATEGORIES, *ARCHIVES, *NAMES)}


def canonical(value: str) -> str | None:
    """The category, archive or name as it is written properly (`CS.cl` → `cs.CL`), or `None` if unknown."""
    return _KNOWN.get(value.casefold())


def nearest(value: str) -> str | None:
    """The known category, archive or name that `value` most probably meant, or `None`."""
    folded = value.casefold().rstrip(".*")
    if folded in _KNOWN:  # "cs.*"
        return _KNOWN[folded]
    by_subject = [code for code in CATEGORIES if code.casefold().partition(".")[2] == folded]
    if by_subject:  # "CL": the archives above stand in the order in which they are most often meant
        return by_subject[0]
    words = _LETTERS.findall(folded)
    found = _named("".join(words), words) or _titled(words)
    if found:
        return found
    close = get_close_matches(folded, _KNOWN, n=1, cutoff=0.7)
    return _KNOWN[close[0]] if close else _begun(folded)


def _named(whole: str, words: Sequence[str]) -> str | None:
    """The name that the words are, end with, or have among them: "computervision", "speech-recognition"."""
    if whole in _MEANT:
        return _MEANT[whole]
    by_title = (code for code, title in CATEGORIES.items() if _joined(title) == whole)
    found = next(by_title, None)
    if found is None:
        ends = [name for name in NAMES if whole.endswith(name) and len(name) >= _SHORTEST_END]
        found = max(ends, key=len, default=None) or next((word for word in words if word in NAMES), None)
    return found


def _titled(words: Sequence[str]) -> str | None:
    """The first category whose title has all of the words."""
    titles = ((code, set(_LETTERS.findall(title.casefold()))) for code, title in CATEGORIES.items())
    return next((code for code, title in titles if words and title.issuperset(words)), None)


def _begun(folded: str) -> str | None:
    """The name or archive that the text begins, or that begins the text."""
    some = (*NAMES, *sorted(ARCHIVES)) if len(folded) >= _SHORTEST else ()
    alike = (
        one for one in some if len(one) >= _SHORTEST and (one.startswith(folded) or folded.startswith(one))
    )
    return next(alike, None)


def _joined(title: str) -> str:
    return "".join(_LETTERS.findall(title.casefold()))


def codes(value: str) -> tuple[str, ...]:
    """The categories and archives that a canonical value stands for."""
    return NAMES.get(value, (value,))
