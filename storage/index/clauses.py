"""Queries of the engine, put together."""

from collections.abc import Sequence

from tantivy import Occur
from tantivy import Query as Engine


def without_score(query: Engine) -> Engine:
    return Engine.const_score_query(query, 0.0)


def any_of(queries: Sequence[Engine]) -> Engine:
    """What at least one of the queries finds: nothing if there are none."""
    if len(queries) == 1:
        return queries[0]
    return Engine.boolean_query([(Occur.Should, query) for query in queries])


def all_of(
    must: Sequence[Engine], *, without: Sequence[Engine] = (), optional: Sequence[Engine] = ()
) -> Engine:
    """What all of the queries find: everything if there are none."""
    if len(must) == 1 and not without and not optional:
        return must[0]
    return Engine.boolean_query(
        [(Occur.Must, query) for query in must or (Engine.all_query(),)]
        + [(Occur.MustNot, query) for query in without]
        + [(Occur.Should, query) for query in optional]
    )
