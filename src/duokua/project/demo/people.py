"""Who works in the demonstration district (演示人员): invented names, one shared password but for a few.

The accounts by whose names the guides call them have passwords of their own; the staff of every
department share one, so that anybody trying the district out can be anybody.
"""

from __future__ import annotations

import random
import secrets
from typing import Any

from duokua.identity import facade as identity
from duokua.lang.terms import syllables
from duokua.project.demo import district
from duokua.project.demo.declared import Bureau

# username, names, department, role
NAMED = (
    ("steward", "沈砚秋", "Shen Yanqiu", "housing_construction", "steward"),
    ("developer", "林知远", "Lin Zhiyuan", "emergency", "developer"),
    ("bureau", "顾清和", "Gu Qinghe", "data_bureau", "bureau"),
    ("auditor", "陆明允", "Lu Mingyun", "audit_office", "auditor"),
)
FURTHER = (
    ("head", "方敬川", "Fang Jingchuan", "housing_construction", "head"),
    ("security", "孟知微", "Meng Zhiwei", "data_bureau", "security"),
    ("admin", "傅安澜", "Fu Anlan", "emergency", "admin"),
    ("clerk", "钱满舟", "Qian Manzhou", "enterprise_users", "clerk"),
    ("citizen", "许听雨", "Xu Tingyu", "resident_users", "citizen"),
    ("health_developer", "苏问蘅", "Su Wenheng", "health", "developer"),
)
STAFF_ROLES = ("steward", "head", "developer", "admin")
_MORE = (("bureau_2", "data_bureau", "bureau"), ("bureau_3", "data_bureau", "bureau"),
         ("security_2", "data_bureau", "security"), ("command", "district_office", "command"),
         ("district_head", "district_government", "head"),
         ("lift_handler", "market_supervision", "handler"), ("dust_handler", "ecology", "handler"),
         ("dust_handler_2", "ecology", "handler"),
         ("build_handler", "housing_construction", "handler"),
         ("street_handler", "urban_management", "handler"))  # fmt: skip
Account = dict[str, Any]


def ensure(bureaus: tuple[Bureau, ...], whole: bool, known: dict[str, str]) -> list[Account]:
    """Enter the named people, and the whole staff; ``known`` are passwords by name."""
    accounts = [_account(known, *each) for each in (*NAMED, *FURTHER)]
    if whole:
        accounts += _staff(bureaus, known, {each["username"] for each in accounts})
    names = {each[0]: each[1:3] for each in (*NAMED, *FURTHER)}
    draw = random.Random(f"{district.SEED}/staff")  # noqa: S311 - demonstration data
    people = []
    for each in accounts:
        zh = district.name(draw)
        en = " ".join(part.capitalize() for part in syllables(zh))
        zh, en = names.get(each["username"], (zh, en))
        role, place = each["role"], each["department"]
        person = identity.NewPerson(each["username"], each["password"], zh, en, place, role)
        people.append(person)
    identity.ensure_people(people)
    return accounts


def _staff(bureaus: tuple[Bureau, ...], known: dict[str, str], taken: set[str]) -> list[Account]:
    shared = known.get("data_bureau_steward") or secrets.token_urlsafe(9)
    wanted = [(name, place, role) for name, place, role in _MORE]
    wanted += [
        (f"{bureau.code}_{role}", bureau.code, role)
        for bureau in bureaus
        if bureau.purpose
        for role in STAFF_ROLES
    ]
    return [_told(name, shared, place, role) for name, place, role in wanted if name not in taken]


def _account(known: dict[str, str], name: str, zh: str, en: str, place: str, role: str) -> Account:
    return _told(name, known.get(name) or secrets.token_urlsafe(9), place, role)


def _told(name: str, password: str, place: str, role: str) -> Account:
    return {
        "username": name,
        "password": password,
        "totp_secret": None,
        "department": place,
        "role": role,
    }
