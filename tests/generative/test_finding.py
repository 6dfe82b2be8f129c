"""What holds for every listing: it is found by its words and sounds, by whoever may see it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from duokua.engine.finding import Entry, find, put, rebuild
from duokua.engine.finding_query import SORTS, Wanted
from duokua.lang.terms import asked
from duokua.store.values.finding import near, others, pieces

SIGNS = "工地人员疫苗接种儿童体检企业登记许可税务项目投资空气水质学校医院停车场馆化工通关社区居民"
chinese = st.text(st.sampled_from(SIGNS), min_size=2, max_size=8)
latin = st.text(st.sampled_from("abcdefghij"), min_size=3, max_size=8)
owner = st.sampled_from(["health", "works", "ecology"])
entry = st.tuples(chinese, latin, owner, st.booleans())


def made(number: int, told: tuple[str, str, str, bool]) -> Entry:
    title, english, department, core = told
    return Entry(
        f"id{number}", (title, english), title,
        facets={"kind": "data", "owner": department, "level": "L4" if core else "L1"},
        only=department if core else None,
    )  # fmt: skip


def ids(folder: Path, words: str, viewer: str | None, **more: object) -> tuple[str, ...]:
    found = find(folder, Wanted(asked(words), viewer=viewer, limit=100, **more))  # type: ignore[arg-type]
    assert found.total == len(found.ids)
    return () if found.loose else found.ids


@settings(max_examples=25, deadline=None)
@given(st.lists(entry, min_size=1, max_size=6))
def test_a_listing_is_found_by_its_words_and_sounds(told: list[tuple[str, str, str, bool]]) -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        assert rebuild(folder, [made(at, each) for at, each in enumerate(told)]) == len(told)
        for at, (title, english, department, _) in enumerate(told):
            said = lazy_pinyin(title)
            for begin in range(len(title) - 1):
                assert f"id{at}" in ids(folder, title[begin : begin + 2], department)
                assert f"id{at}" in ids(folder, "".join(said[begin:]), department)
                assert f"id{at}" in ids(folder, "".join(s[0] for s in said[begin:]), department)
            assert f"id{at}" in ids(folder, english, department)
            assert f"id{at}" in ids(folder, english[:3].upper(), department)
            assert f"id{at}" in ids(folder, f"{english} {title}", department)


@settings(max_examples=25, deadline=None)
@given(st.lists(entry, min_size=1, max_size=6), owner, chinese)
def test_what_may_not_be_seen_is_neither_shown_nor_counted(
    told: list[tuple[str, str, str, bool]], viewer: str, words: str
) -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        every = [made(at, each) for at, each in enumerate(told)]
        seen = [each for each in every if each.only in (None, viewer)]
        rebuild(folder, every)
        for question in ("", words, *(each.titles[0] for each in every)):
            found = find(folder, Wanted(asked(question), viewer=viewer, limit=100))
            assert set(found.ids) <= {each.id for each in seen}
            for counts in found.facets.values():
                assert sum(counts.values()) <= found.total
        whole = find(folder, Wanted(viewer=viewer, limit=100))
        assert sorted(whole.ids) == sorted(each.id for each in seen)
        for department in ("health", "works", "ecology"):
            own = [each for each in seen if each.facets["owner"] == department]
            assert whole.facets["owner"].get(department, 0) == len(own)


@settings(max_examples=25, deadline=None)
@given(entry, entry)
def test_what_is_changed_is_found_anew_and_what_is_gone_is_gone(
    before: tuple[str, str, str, bool], after: tuple[str, str, str, bool]
) -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        assert not put(folder, [made(0, before)]), "there is no index yet"
        rebuild(folder, [made(0, before)])
        assert put(folder, [made(0, after)])
        assert ids(folder, after[0], after[2]) == ("id0",)
        assert find(folder, Wanted(viewer=after[2])).total == 1
        assert put(folder, [], ["id0"])
        assert find(folder, Wanted(viewer=after[2])).total == 0


@pytest.mark.parametrize(
    ("typed", "title"),
    [("电提", "电梯维保记录"), ("电提", "特种设备登记"), ("户吉", "户口簿"),
     ("疫描", "疫苗接种"), ("hukuo", "户籍登记"), ("hjrkou", "户籍人口"),
     ("gdren", "工地人员"), ("qiyxinxi", "企业信息"), ("yimaio", "疫苗接种"), ("工第人员", "工地人员")],
)  # fmt: skip
def test_what_is_mistyped_is_found_as_like_it(typed: str, title: str, tmp_path: Path) -> None:
    entries = [Entry("meant", (title, ""), title, facets={"kind": "data"})]
    entries.append(Entry("other", ("古树名木", "old trees"), "other", facets={"kind": "data"}))
    rebuild(tmp_path, entries)
    looked = asked(typed)
    found = find(tmp_path, Wanted(looked, others(looked), near(looked), viewer="works"))
    assert (found.ids, found.loose) == (("meant",), True)


@given(st.text(max_size=60), st.text(max_size=20))
def test_pieces_are_the_text_again(text: str, words: str) -> None:
    assert "".join(piece.text for piece in pieces(text, asked(words))) == text


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=120))
def test_no_question_breaks_the_search(words: str) -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        rebuild(folder, [made(0, ("工地人员", "sites", "works", False))])
        looked = asked(words)
        for sort in SORTS:
            found = find(folder, Wanted(looked, others(looked), viewer="works", sort=sort))
            assert found.ids in ((), ("id0",))


@pytest.mark.parametrize("word", ["工地", "工人", "疫苗", "企业", "儿童", "户口", "身份证", "处罚"])
def test_what_was_typed_comes_before_what_means_the_same(word: str, tmp_path: Path) -> None:
    looked = asked(word)
    same = others(looked)
    assert same[word], word
    entries = [Entry("typed", (f"{word}台账", ""), "typed", facets={"kind": "data"})]
    entries += [
        Entry(f"same{at}", (f"{other}台账", ""), f"same{at}", facets={"kind": "data"})
        for at, other in enumerate(same[word])
    ]
    rebuild(tmp_path, entries)
    found = find(tmp_path, Wanted(looked, others=same, viewer="works", limit=20)).ids
    assert found[0] == "typed"
    assert set(found) == {each.id for each in entries}


@pytest.mark.parametrize(
    ("typed", "title"),
    [("laoren", "老年人津贴"), ("elderly", "养老机构"), ("dianti", "特种设备登记"), ("kids", "儿童档案"),
     ("lift", "电梯维保"), ("hukou", "户籍人口"), ("fangchan", "不动产登记"), ("companies", "企业登记")],
)  # fmt: skip
def test_a_sound_or_an_english_word_finds_what_means_the_same(
    typed: str, title: str, tmp_path: Path
) -> None:
    looked = asked(typed)
    rebuild(tmp_path, [
        Entry("there", (title, ""), title, facets={"kind": "data"}),
        Entry("other", ("空气小时均值", "Air by the hour"), "air", facets={"kind": "data"}),
    ])  # fmt: skip
    found = find(tmp_path, Wanted(looked, others=others(looked), viewer="works", limit=9))
    assert (found.ids, found.loose) == (("there",), False)
