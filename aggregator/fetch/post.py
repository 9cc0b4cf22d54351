"""One document posted to one address, by the same guarded way as every request."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from aggregator.errors import Failure
from aggregator.fetch import answers, targets
from aggregator.model import Failed

if TYPE_CHECKING:
    import httpx

    from aggregator.fetch.targets import Target

_DEADLINE = 15.0  # seconds, from looking up the name to the head of the answer


async def post(url: str, content: bytes, *, content_type: str, user_agent: str, private: bool) -> Failed | None:
    """Why the document was not taken; None where the answer is a 2xx. A redirect is not followed: a POST is not to be sent on to
    where a stranger points. `private` opens the host to addresses that are not public. ConfigError for a wrong proxy."""
    from aggregator.fetch import connections, dial, proxies
    from aggregator.fetch.stream import UnreachableError

    target = targets.read(url)
    if isinstance(target, Failed):
        return target
    proxies.check_certificates()
    between = proxies.from_environment()
    headers = ((b"User-Agent", user_agent.encode("ascii", "ignore")), (b"Content-Type", content_type.encode("ascii")))
    request = _request(target, headers, content, private=private)
    threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dns")
    try:
        async with (
            connections.Transport(resolve=dial.SystemResolver(threads), between=between) as transport,
            asyncio.timeout(_DEADLINE),
        ):
            response = await transport.handle_async_request(request)
            await response.aclose()
    except TimeoutError:
        return answers.failed(Failure.TIMEOUT, f"no answer within {_DEADLINE:g} s")
    except UnreachableError as error:
        return answers.failed(error.failure, error.detail)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
    if response.is_success:
        return None
    status = response.status_code
    failure = Failure.HTTP_5XX if status >= 500 else Failure.HTTP_4XX if status >= 400 else Failure.HTTP_OTHER
    return answers.failed(failure, f"HTTP {status}", status=status)


def _request(
    target: Target, headers: tuple[tuple[bytes, bytes], ...], content: bytes, *, private: bool
) -> httpx.Request:
    import httpx

    more = [(b"Host", target.authority), *headers, (b"Content-Length", b"%d" % len(content))]
    if target.authorization:
        more.append((b"Authorization", target.authorization))
    # `stream` and not `content`: httpx adds no headers of its own then
    return httpx.Request(
        "POST", target.url, headers=more, stream=httpx.ByteStream(content), extensions={"private": private}
    )
