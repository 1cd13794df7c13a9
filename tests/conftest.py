"""What all tests share: `make test` draws the same sample of every law, `make soak` a large new one."""

from hypothesis import settings

settings.register_profile("sample", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None, max_examples=1_000)
settings.load_profile("sample")  # `--hypothesis-profile=soak` replaces it
