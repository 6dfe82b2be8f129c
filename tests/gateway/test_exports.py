"""Export jobs: asked for, made aside, fetched whole or in parts, gone with their grant."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from duokua.lang.grant import Quota
from duokua.lang.mask import Keep
from duokua.lang.predicate import Compare
from duokua.serving.export_store import KEPT_S, MOST_OF_GRANT
from duokua.serving.policy import Change
from duokua.serving.pool import WAITING, WORKERS
from gateway import decoding, district
from gateway.world import Gateway, Home, Reply, wait_for

PAGE = district.page()
PATH = "/data/residents/exports"
KINDS = {column.name: column.kind for column in district.COLUMNS}


def _post(gateway: Gateway, token: str, path: str = PATH, **told: object) -> Reply:
    return gateway.ask(path, token=token, method="POST", body=json.dumps(told).encode())


def _done(gateway: Gateway, token: str, begun: Reply) -> dict[str, Any]:
    assert begun.status == 202, begun.body
    href = begun.headers["location"]
    assert href == begun.json["href"]

    def look() -> dict[str, Any] | None:
        told: dict[str, Any] = gateway.ask(href, token=token).json
        return told if told["state"] != "running" else None

    found: dict[str, Any] = wait_for(look, "the export's end")
    return found


@pytest.mark.parametrize("format_", ["csv", "arrow", "parquet"])
def test_the_file_is_that_of_a_stream(gateway: Gateway, format_: str) -> None:
    grant, token = gateway.granted(
        PAGE, masks=(("name", Keep(1, 0)),), row_filter=Compare("department", "ne", "D1")
    )
    told = _done(gateway, token, _post(gateway, token, format=format_, department="D2"))
    assert told["state"] == "done", told
    file = gateway.ask(told["download"], token=token)
    stream = gateway.ask(f"/data/residents?limit=all&format={format_}&department=D2", token=token)
    rows = decoding.rows(file, format_, KINDS)
    assert rows == decoding.rows(stream, format_, KINDS)
    assert told["rows"] == len(rows) and told["progress"]["bytes"] == len(file.body)
    assert file.headers["duokua-receipt"] == told["receipt"]
    opening, closing = (
        read(told["receipt"]) for read in (gateway.home.receipt, gateway.home.closing)
    )
    assert closing is not None and opening["grant"] == grant.id
    assert (closing["status"], closing["rows"]) == ("complete", len(rows))
    kept = gateway.home.settings.exports / told["id"]
    assert kept.stat().st_mode & 0o077 == 0 and (kept / "data").stat().st_mode & 0o077 == 0


def test_ranges(gateway: Gateway) -> None:
    _, token = gateway.granted(PAGE)
    told = _done(gateway, token, _post(gateway, token, department="D3"))
    whole = gateway.ask(told["download"], token=token)
    size = len(whole.body)
    assert whole.headers["accept-ranges"] == "bytes"

    def part(range_: str, **more: str) -> Reply:
        return gateway.ask(told["download"], token=token, headers={"Range": range_, **more})

    for range_, begin, end in (
        ("bytes=0-9", 0, 10), ("bytes=10-", 10, size), ("bytes=-7", size - 7, size),
        (f"bytes=5-{size + 50}", 5, size),
    ):  # fmt: skip
        reply = part(range_)
        assert (reply.status, reply.body) == (206, whole.body[begin:end])
        assert reply.headers["content-range"] == f"bytes {begin}-{end - 1}/{size}"
    for range_ in (f"bytes={size}-", "bytes=-0", "bytes=9-3"):
        reply = part(range_)
        assert (reply.status, reply.headers["content-range"]) == (416, f"bytes */{size}")
    for range_ in ("bytes=0-1,3-4", "lines=1-2", "bytes=-"):
        assert part(range_).status == 200
    assert part("bytes=0-9", **{"If-Range": '"another"'}).status == 200
    assert part("bytes=0-9", **{"If-Range": whole.headers["etag"]}).status == 206


def test_only_the_grant_that_asked_fetches_it(gateway: Gateway) -> None:
    grant, token = gateway.granted(PAGE)
    told = _done(gateway, token, _post(gateway, token, department="D4"))
    _, other = gateway.granted(PAGE)
    for path in (told["href"], told["download"]):
        assert gateway.ask(path, token=other).status == 404
        assert gateway.ask(path).status == 401
    listed = gateway.ask(PATH, token=token).json["exports"]
    assert [job["id"] for job in listed] == [told["id"]]
    assert gateway.ask(PATH, token=other).json["exports"] == []
    assert gateway.ask(told["href"].replace("residents", "wide_page"), token=token).status == 403
    assert grant.id


def test_a_revoked_grant_takes_its_files_along(gateway: Gateway) -> None:
    grant, token = gateway.granted(PAGE)
    told = _done(gateway, token, _post(gateway, token, department="D5"))
    file = gateway.home.settings.exports / told["id"]
    assert (file / "data").exists()
    gateway.home.publish(Change("grant", grant.id, None))
    assert gateway.ask(told["download"], token=token).status == 403
    wait_for(lambda: not file.exists(), "the file's end")


def test_a_running_export_ends_with_its_grant(gateway: Gateway) -> None:
    wide = district.wide()
    grant, token = gateway.granted(wide)
    begun = _post(gateway, token, "/data/wide_page/exports", format="csv")
    gateway.home.publish(Change("grant", grant.id, None))
    file = gateway.home.settings.exports / begun.json["id"]
    wait_for(lambda: not file.exists(), "the file's end")
    closing = wait_for(lambda: gateway.home.closing(begun.json["receipt"]), "the closing receipt")
    assert closing["status"] in ("refused", "complete")


def test_wrong_calls(gateway: Gateway) -> None:
    _, token = gateway.granted(PAGE)
    assert _post(gateway, token, format="json").status == 422
    assert _post(gateway, token, format="xml").status == 406
    for told in ({"limit": 5}, {"cursor": "x"}, {"nothing": 1}, {"department": ["D1"]}):
        assert _post(gateway, token, **told).status == 422
    assert gateway.ask(f"{PATH}/export-0", token=token).status == 404
    assert gateway.ask(PATH, token=token, method="PUT").status == 405
    assert _post(gateway, token, "/data/open_page/exports").status in (401, 403)
    lookup, key = gateway.granted(district.lookup())
    assert lookup and _post(gateway, key, "/data/resident_by_id/exports").status == 404
    assert gateway.ask("/data/open_page/exports").status == 401


def test_there_are_enough_at_some_point(gateway: Gateway) -> None:
    _, token = gateway.granted(PAGE)
    jobs = [
        _done(gateway, token, _post(gateway, token, department="D6", points=number))
        for number in range(MOST_OF_GRANT)
    ]
    reply = _post(gateway, token, department="D6")
    assert (reply.status, reply.json["code"]) == (429, "exports_full")
    assert gateway.ask(jobs[0]["href"], token=token, method="DELETE").status == 204
    assert gateway.ask(jobs[0]["download"], token=token).status == 404
    assert _done(gateway, token, _post(gateway, token, department="D6"))["state"] == "done"


def test_across_a_kill(small: Home, starts: Callable[[Home], Gateway]) -> None:
    """What was done stays and can be fetched; what was not is swept away, spilt rows as well."""
    gateway = starts(small)
    _, token = gateway.granted(PAGE)
    told = _done(gateway, token, _post(gateway, token))
    body = gateway.ask(told["download"], token=token).body
    settings = small.settings
    record = settings.exports / told["id"] / "job.json"
    unfinished = settings.exports / "export-unfinished"
    unfinished.mkdir()
    (unfinished / "job.json").write_text(
        json.dumps(json.loads(record.read_text()) | {"id": unfinished.name, "state": "running"})
    )
    (unfinished / "data.part").write_bytes(b"secret")
    gateway.kill()
    left = list(settings.spill.iterdir())
    assert left  # a killed gateway cannot clean up
    again = starts(small)
    assert not unfinished.exists()
    assert not [path for path in left if path.exists()]
    assert again.ask(told["download"], token=token).body == body


def test_an_expired_file_goes(small: Home, starts: Callable[[Home], Gateway]) -> None:
    gateway = starts(small)
    _, token = gateway.granted(PAGE)
    told = _done(gateway, token, _post(gateway, token))
    assert gateway.stop() == 0
    record = small.settings.exports / told["id"] / "job.json"
    job = json.loads(record.read_text())
    assert job["expires"] - job["created"] >= KEPT_S
    record.write_text(json.dumps(job | {"expires": job["created"]}))
    again = starts(small)
    wait_for(lambda: not record.exists(), "the file's end")
    assert again.ask(told["href"], token=token).status == 404


def test_a_disk_that_takes_no_export_holds_up_no_stream(
    small: Home, starts: Callable[[Home], Gateway]
) -> None:
    gateway = starts(small)
    grant, token = gateway.granted(PAGE, quota=Quota(calls_per_day=50))
    folder = small.settings.exports
    # The look at the room on the disk must find a place; the job's own folder must not.
    kept = folder.with_name("kept")
    folder.rename(kept)
    folder.touch()
    for _ in range(WORKERS + WAITING + 1):
        assert _post(gateway, token).status == 503
    folder.unlink()
    kept.rename(folder)
    assert gateway.ask("/data/residents?limit=all&format=csv", token=token).status == 200
    assert _done(gateway, token, _post(gateway, token))["state"] == "done"
    told = [one for one in small.receipts() if one.get("grant") == grant.id]
    assert len(told) == WORKERS + WAITING + 3
    for one in told:
        closing = small.closing(one["id"])
        assert closing is not None and closing["status"] in ("refused", "complete")
