"""Several things at a time: calls in threads, and coroutines with the first error as it is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

T = TypeVar("T")

#: When a place may be free again for whoever met `ExecutorFull`.
RETRY_AFTER_SECONDS = 1


async def for_each(items: Iterable[T], do: Callable[[T], Awaitable[None]], *, at_once: int) -> None:
    """Do something for each item, so many at a time. An error ends the others and is raised."""
    waiting = iter(items)

    async def take_some() -> None:
        for item in waiting:
            await do(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(take_some())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


class Threads:
    """Threads that take calls out of one line. Another one starts when none is known to be free.

    Every prediction passes twice from a thread to another. With `ThreadPoolExecutor` each passage
    is 49 calls of Python in the event loop instead of 6: its future is made for threads that wait,
    and asyncio puts a second one before it.
    """

    def __init__(self, count: int, *, name: str) -> None:
        self._count = count
        self._name = name
        self._line: SimpleQueue[_Call[Any] | None] = SimpleQueue()
        self._started: list[Thread] = []
        self._idle = 0  # Those for whom nothing is in the line.
        self._lock = Lock()
        self._is_closed = False

    def submit(self, call: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        """What `call(*arguments)` gives, in the end; cancelled in time, it is not called.

        Raises: RuntimeError after `close`.
        """
        waiting = _Call(call, arguments)
        with self._lock:
            if self._is_closed:
                raise RuntimeError("no call is taken after the end")
            if self._idle:
                self._idle -= 1
            elif len(self._started) < self._count:
                thread = Thread(target=self._work, name=self._name, daemon=True)
                thread.start()  # May fail: the system may give no other one.
                self._started.append(thread)
            self._line.put(waiting)
        return waiting.future

    def close(self) -> None:
        """Finish what runs, and cancel what waits. Blocks meanwhile; the loop has to go on."""
        with self._lock:
            self._is_closed = True
            with suppress(Empty):
                while waiting := self._line.get_nowait():
                    waiting.drop()
            for _ in self._started:
                self._line.put(None)
        for thread in self._started:
            thread.join()

    def _work(self) -> None:
        while (waiting := self._line.get()) is not None:
            waiting.carry_out()
            del waiting  # There may be an image in it.
            with self._lock:
                if self._line.empty():
                    self._idle += 1


class _Call(Generic[T]):
    """A call on its way to a thread, and its answer on the way back."""

    def __init__(self, call: Callable[..., T], arguments: tuple[object, ...]) -> None:
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[T] = self._loop.create_future()
        self._call = call
        self._arguments = arguments

    def carry_out(self) -> None:
        if self.future.cancelled():
            return
        try:
            value = self._call(*self._arguments)
        except BaseException as error:
            self._tell(self._fail, error)
            del self  # The error holds this frame, and would hold itself and the image through it.
        else:
            self._tell(self._succeed, value)

    def drop(self) -> None:
        self._tell(self.future.cancel)

    def _tell(self, what: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # The loop has ended, and with it whoever waited.
            self._loop.call_soon_threadsafe(what, *arguments)

    def _succeed(self, value: T) -> None:
        if not self.future.done():
            self.future.set_result(value)

    def _fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class ExecutorFull(Exception):
    """As many calls wait as may."""


class BoundedExecutor:
    """Runs calls on `threads` threads while at most `max_waiting` others wait."""

    def __init__(self, *, threads: int, max_waiting: int) -> None:
        self._free = threads + max_waiting
        self._lock = Lock()
        self._threads = Threads(threads, name="engine")

    async def run(self, call: Callable[..., T], *arguments: object) -> T:
        """What `call(*arguments)` gives, from one of the threads. Raises: ExecutorFull."""
        with self._lock:
            if not self._free:
                raise ExecutorFull
            self._free -= 1
        # Whoever takes it first gives the place back: the thread, once the call is over, even if
        # nobody waits for it any more; or we, at once, when the call is given up before it begins.
        beginning = Lock()

        def work() -> T:
            if not beginning.acquire(blocking=False):
                raise asyncio.CancelledError
            try:
                return call(*arguments)
            finally:
                self._release()

        try:
            return await self._threads.submit(work)
        except BaseException:
            if beginning.acquire(blocking=False):
                self._release()
            raise

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._threads.close()

    def _release(self) -> None:
        with self._lock:
            self._free += 1
