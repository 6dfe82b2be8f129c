"""The awaitable that all records of one batch share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any

from duokua.kernel.errors import Unavailable
from duokua.kernel.text import Text

_Callback = Callable[["Batch"], object]


class LedgerFailed(Unavailable):
    """Records could not be made durable: whatever depends on them must not happen."""

    code = "ledger_failed"


def ledger_failed() -> LedgerFailed:
    """Return a fresh error, so that each waiter gets a traceback of its own."""
    return LedgerFailed(
        Text("账本无法落盘，操作未执行", "the ledger cannot be written; nothing was done"),
        Text("请检查磁盘后重启服务", "check the disk, then restart the service"),
    )


class Batch:
    """A future-like object without one loop turn for each waiter.

    Tasks take it for a future (``_asyncio_future_blocking``). Its callbacks are called straight
    from the loop's reader callback, where no task is running; each in the context it came with.
    It cannot be cancelled: a cancelled task hears of it when the batch is done.
    """

    __slots__ = ("_asyncio_future_blocking", "_callbacks", "_done", "_failed", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = False
        self._callbacks: list[tuple[_Callback, Context | None]] = []
        self._done = self._failed = False
        self._loop = loop

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop on which the batch completes."""
        return self._loop

    def done(self) -> bool:
        """Tell whether the batch is durable or has failed."""
        return self._done

    def cancel(self, msg: object = None) -> bool:
        """Refuse: other waiters share the batch."""
        return False

    def cancelled(self) -> bool:
        """Return ``False``."""
        return False

    def exception(self) -> BaseException | None:
        """Return the failure, if any.

        :raises asyncio.InvalidStateError: the batch is not done.
        """
        if not self._done:
            raise asyncio.InvalidStateError("the batch is not done")
        return ledger_failed() if self._failed else None

    def result(self) -> None:
        """Return when the batch is durable.

        :raises LedgerFailed: it is not and will not be.
        """
        failure = self.exception()
        if failure is not None:
            raise failure

    def add_done_callback(self, callback: _Callback, *, context: Context | None = None) -> None:
        """Call ``callback(self)`` when done; in the next loop turn when that is already so."""
        if self._done:
            self._loop.call_soon(callback, self, context=context)
        else:
            self._callbacks.append((callback, context))

    def remove_done_callback(self, callback: _Callback) -> int:
        """Forget ``callback``; return how often it had been added."""
        kept = [entry for entry in self._callbacks if entry[0] != callback]
        removed = len(self._callbacks) - len(kept)
        self._callbacks[:] = kept
        return removed

    def __await__(self) -> Generator[Any, None, None]:
        if not self._done:
            self._asyncio_future_blocking = True
            yield self
        self.result()

    def settle(self, *, failed: bool = False) -> None:
        """End the batch and run its callbacks; for the ledger only."""
        self._done, self._failed = True, failed
        callbacks, self._callbacks = self._callbacks, []
        for callback, context in callbacks:
            try:
                if context is None:
                    callback(self)
                else:
                    context.run(callback, self)
            except Exception as error:  # one waiter's error must not hold up the others
                self._loop.call_exception_handler(
                    {"message": "a ledger callback failed", "exception": error}
                )
