"""Sessions of packs (场景会话): a worker that knows the functions of a pack, if they may run here."""

from __future__ import annotations

from duokua.engine.scenario.session import MEMORY_MB, Session
from duokua.kernel.errors import DuokuaError, NotAllowed
from duokua.kernel.text import Text
from duokua.lang.scenario.pack import Pack
from duokua.loop.models import Ruleset

_UNSIGNED = NotAllowed(
    Text("函数未经可信签名，不运行", "functions of the pack are not signed by a trusted key: none runs"),
    Text("请安装可信方签名的场景包；自测用 pack test --own-code",
         "install it as a bundle that a trusted key signed; to test your own: pack test --own-code"),
)  # fmt: skip


def session_of(pack: Pack, *, memory_mb: int = MEMORY_MB, code: bool | None = None) -> Session:
    """Return a session in which the functions of a pack can be called, if they are trusted.

    Of a pack that is not, rules without functions run, and those with them are refused by name.
    ``code``: whether the caller answers for the functions, or not; ``None``: a signature does.
    """
    session = Session(memory_mb=memory_mb)
    return prepared(session, pack, code=is_trusted(pack) if code is None else code)


def prepared(session: Session, pack: Pack, *, code: bool) -> Session:
    """Let a session know the functions of a pack, or why they do not run: other rules go on.

    :raises Unavailable: the worker has ended.
    """
    told = pack.functions
    if not told.by_name:
        return session
    if not code:
        session.withhold(told.by_name, _UNSIGNED)
        return session
    try:
        session.define(told.source, told.by_name.values())
    except DuokuaError as error:
        if not session.alive:
            raise
        session.withhold(told.by_name, error)
    return session


def is_trusted(pack: Pack) -> bool:
    """Tell whether a trusted signature stands for exactly the functions of a pack."""
    told = pack.functions
    return bool(told.by_name) and Ruleset.objects.filter(code=told.digest).exists()
