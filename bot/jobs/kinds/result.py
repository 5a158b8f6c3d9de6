"""What a finished job hands over."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class ResultFile:
    """One file at HeyGen, with a link that is good now and soon will not be."""

    name: str
    title: str
    url: str = field(repr=False)
