"""All that there is: every address by its name, and every row."""

from django.db import connection


def names_in(resolver, namespace=""):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            within = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from names_in(pattern, within)
        else:
            yield f"{namespace}{pattern.name}"


def everything_stored():
    """A digest of each table, but for sessions and the cache, which belong to the browser."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - {"django_session", "shared_cache"}
        found = {}
        for table in sorted(tables):
            cursor.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
            found[table] = cursor.fetchone()[0]
    return found
