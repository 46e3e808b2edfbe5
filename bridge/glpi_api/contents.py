"""Contents as GLPI hands them out, and the marker that is their last paragraph. No I/O.

GLPI 10.0.14 hands contents out escaped (`&#60;` for `<`), 11.0.6 as they were written.
"""

import re


def unescaped(content: str) -> str:
    """Return a content as it was written."""
    if "<" in content:
        return content
    return content.replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")


def ends_with(content: str, marker: str) -> bool:
    """Say whether a marker is the last paragraph of a content."""
    return content.rstrip().endswith((f"<p>{marker}</p>", f"&#60;p&#62;{marker}&#60;/p&#62;"))


def last_marker(content: str, prefix: str) -> str | None:
    """Return the marker that is the last paragraph of a content, None if there is no such.

    Args:
        content: as GLPI hands it out.
        prefix: what markers begin with.
    """
    paragraph = f"(?:<p>|&#60;p&#62;)({re.escape(prefix)}[0-9a-z]+)(?:</p>|&#60;/p&#62;)\\Z"
    found = re.search(paragraph, content.rstrip())
    return found[1] if found else None


def is_the_bridges(content: str) -> bool:
    """Say whether a content ends with a marker of the bridge: of a post, or of its files."""
    last = "(?:<p>|&#60;p&#62;)mattermost:[0-9a-z:]+(?:</p>|&#60;/p&#62;)\\Z"
    return bool(re.search(last, content.rstrip()))
