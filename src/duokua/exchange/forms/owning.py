"""Who may declare what: stewards, of what their own department answers for."""

from __future__ import annotations

from duokua.exchange import facade, selectors
from duokua.exchange.values import GrantInfo, InterfaceInfo
from duokua.identity.facade import Person
from duokua.kernel.errors import NotAllowed, NotFound
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Contract


def own_contract(dataset_id: str, person: Person) -> Contract:
    """Return the contract of a dataset of the person's department.

    :raises NotFound: there is none, or the person may not know of it.
    :raises NotAllowed: another department owns it.
    """
    contract = lake.describe(dataset_id, viewer=person.department).contract
    _check(contract.owner, person)
    return contract


def own_interface(interface_id: str, person: Person) -> InterfaceInfo:
    """Return an interface of the person's department.

    :raises NotFound: there is none, or the person may not know of it.
    :raises NotAllowed: another department owns it.
    """
    info = facade.interface(interface_id, viewer=person.department)
    _check(info.interface.owner, person)
    return info


def own_grant(grant_id: str, person: Person) -> tuple[GrantInfo, InterfaceInfo]:
    """Return a grant on an interface of the person's department, and the interface.

    :raises NotFound: there is none, or the person may not know of the interface.
    :raises NotAllowed: another department owns the interface.
    """
    grant = facade.grant(grant_id)
    try:
        return grant, own_interface(grant.grant.interface, person)
    except NotFound:
        raise selectors.no_grant(grant_id) from None


def published(interface_id: str) -> InterfaceInfo | None:
    """Return what is published under an id, if anything is."""
    try:
        return facade.interface(interface_id) if interface_id else None
    except NotFound:
        return None


def _check(owner: str, person: Person) -> None:
    if owner != person.department:
        raise NotAllowed(
            Text(
                "只有数据所属部门的数据责任人可以登记", "only stewards of the owning department may"
            ),
            Text("请联系数据所属部门", "ask the department that owns the data"),
        )
