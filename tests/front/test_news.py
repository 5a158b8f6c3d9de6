"""News as it happens, for watchers quick and slow."""

from bot.playground.news import KEPT, MISSED, News


def test_every_watcher_gets_every_line() -> None:
    """Two watchers get the same lines in their order, and nothing from before."""
    news = News()
    news.tell("early", {})
    with news.watching() as one, news.watching() as other:
        news.tell("first", {"n": 1})
        news.tell("second", {"n": 2})

        for watcher in (one, other):
            assert [watcher.get_nowait() for _ in range(2)] == [{"kind": "first", "n": 1}, {"kind": "second", "n": 2}]
            assert watcher.empty()
    assert not news.is_watched


def test_a_slow_watcher_learns_that_it_missed_something() -> None:
    """Who lets too many lines wait gets one that says so, and then the newest."""
    news = News()
    with news.watching() as slow:
        for number in range(KEPT + 1):
            news.tell("line", {"n": number})

        assert slow.get_nowait() == {"kind": MISSED}
        assert slow.get_nowait() == {"kind": "line", "n": KEPT}
        assert slow.empty()
