"""Interfaces (数据接口) as YAML files.

::

    interface: site_worker_by_id
    version: 1.0.0
    title: {zh: 按编号查工人, en: A worker by number}
    description: {zh: …, en: …}
    dataset: site_worker
    shape: lookup            # or page, verify, changes
    columns: [worker_id, name, trade]
    parameters:              # lookup: by default the key columns
      - {name: worker_id, column: worker_id, op: eq, required: true}
    order: [worker_id]       # page: missing key columns are appended
    open: false              # true: callable by anyone; open columns only
    deprecated: 2026-11-01   # (弃用) a day or an instant; with it the next two
    sunset: 2027-06-30       # (停用) from then on calls get 410
    successor: site_worker   # the interface to change over to

``shape: verify`` (核验) has, instead of columns, ``key: [resident_id]``, which names the row, and
``claims: [name, phone]``, of which a caller states one or more: the answer is only whether all of
them hold. A grant's columns are the claims that it may check; they are compared as they are, unmasked.

``shape: aggregate`` (聚合统计) has a ``cube`` (立方体) and no columns of its own::

    cube:
      dimensions: [street, trade]      # required columns that are not personal
      measures:
        - {name: workers, fn: count}
        - {name: wage, fn: avg, column: daily_wage, between: [0, 2000]}
      least: 10                        # people of a shown cell
      budget: 200                      # different questions of one grant to one version
      noise: {epsilon: 1, budget: 20}  # optional: differential privacy, of one release and of all

``query: false`` (or ``[trade]``) says that a page's JSON query may name no column (or only these).

``shape: changes`` (变更流) has columns, the dataset's key among them, and nothing else: it tells what
a grant sees otherwise than at an earlier version.
"""

from __future__ import annotations

import re
from typing import Any

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text
from duokua.lang import yamlfile
from duokua.lang.contract import Contract, Kind
from duokua.lang.cube import Cube
from duokua.lang.cube_file import read_cube, read_usable
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.interface_checks import check_open, check_parts
from duokua.lang.interface_life import LIFE_FIELDS, read_life
from duokua.lang.predicate import OPS

RESERVED = ("limit", "cursor", "format")
_PREFIX = "prefix"
_VERSION = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}")
_FIELDS = (
    "interface",
    "version",
    "title",
    "description",
    "dataset",
    "shape",
    "columns",
    "parameters",
    "order",
    "open",
    "key",
    "claims",
    "cube",
    "query",
    *LIFE_FIELDS,
)
_PARAMETER_FIELDS = ("name", "column", "op", "required")


def load_interface(text: str, *, source: str, contract: Contract) -> Interface:
    """Read an interface over the dataset of ``contract``; ``source`` names the file in messages.

    :raises Invalid: naming every fault at once with its line.
    """
    document = yamlfile.load(text, source=source)
    interface = _Reader(document, contract).read()
    return interface


class _Reader:
    """Reads one interface, noting what is wrong; ``read`` raises when anything is."""

    def __init__(self, document: yamlfile.Document, contract: Contract) -> None:
        self.document = document
        self.contract = contract
        self.faults = Faults()
        value = document.value
        self.value: dict[str, Any] = value if isinstance(value, dict) else {}

    def read(self) -> Interface:
        self._known(self.value, _FIELDS)
        shape = self._shape()
        verify = shape is Shape.VERIFY
        is_cube = shape is Shape.AGGREGATE
        cube = read_cube(self.value.get("cube"), self.contract, self._note) if is_cube else None
        columns = self._shown(shape, cube)
        key = self._columns("key", required=True) if verify else ()
        check_parts(shape, self.value, columns, key, self.contract, self._note)
        parameters = self._asked(columns, key) if verify else self._parameters(shape, columns)
        order = columns if is_cube else self._order(shape)
        measured = tuple(each.column for each in cube.measures if each.column) if cube else ()
        interface = Interface(
            id=self._word("interface"),
            version=self._version(),
            title=self._text("title"),
            description=self._text("description"),
            dataset=self._dataset(),
            owner=self.contract.owner,
            shape=shape,
            columns=columns,
            parameters=parameters,
            order=order,
            open=self._open((*columns, *measured), parameters, order),
            key=key,
            cube=cube,
            query=read_usable(self.value, columns, self._note),
            **read_life(self.value, self._note),
        )
        self.faults.raise_if_any(Text("数据接口有误", "the interface is wrong"))
        return interface

    def _shown(self, shape: Shape, cube: Cube | None) -> tuple[str, ...]:
        """Return the columns: of a verification its claims, of a cube its dimensions."""
        if shape is Shape.AGGREGATE:
            return cube.dimensions if cube else ()
        return self._columns("claims" if shape is Shape.VERIFY else "columns", required=True)

    def _note(self, path: tuple[str | int, ...], zh: str, en: str, mends: tuple[str, str]) -> None:
        self.faults.add(self.document.place(*path), zh, en, *mends)

    def _known(self, value: dict[str, Any], names: tuple[str, ...], *path: str | int) -> None:
        for name in value:
            if name not in names:
                self._note(
                    (*path, name),
                    f"没有字段“{name}”",
                    f"there is no field {name!r}",
                    (f"可用字段：{'、'.join(names)}", f"use {', '.join(names)}"),
                )

    def _word(self, name: str) -> str:
        value = self.value.get(name)
        if isinstance(value, str) and is_word(value):
            return value
        self._note(
            (name,),
            f"{name} 不是合法标识",
            f"{name} is no word",
            (
                "请用小写字母开头，只含小写字母、数字、下划线",
                "use lower case letters, digits and _, a letter first",
            ),
        )
        return ""

    def _version(self) -> str:
        value = self.value.get("version")
        if isinstance(value, str) and _VERSION.fullmatch(value):
            return value
        mends = ("请写成 1.0.0 的形式", "write it like 1.0.0")
        self._note(("version",), "version 不是版本号", "version is no version", mends)
        return ""

    def _text(self, name: str) -> Text:
        match self.value.get(name):
            case {"zh": str(zh), "en": str(en), **rest} if zh and en and not rest:
                return Text(zh, en)
        self._note(
            (name,),
            f"{name} 须有中英文",
            f"{name} needs both languages",
            (f"请写 {name}: {{zh: …, en: …}}", f"write {name}: {{zh: …, en: …}}"),
        )
        return Text("", "")

    def _dataset(self) -> str:
        if self.value.get("dataset") != self.contract.id:
            self._note(
                ("dataset",),
                f"数据集应为 {self.contract.id}",
                f"the dataset must be {self.contract.id}",
                (f"请写 dataset: {self.contract.id}", f"write dataset: {self.contract.id}"),
            )
        return self.contract.id

    def _shape(self) -> Shape:
        value = self.value.get("shape")
        if isinstance(value, str) and value in tuple(Shape):
            return Shape(value)
        mends = (f"可填 {'、'.join(Shape)}", f"use one of {', '.join(Shape)}")
        self._note(("shape",), "shape 有误", "shape is wrong", mends)
        return Shape.PAGE

    def _columns(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        value = self.value.get(name)
        if value is None and not required:
            return ()
        if not isinstance(value, list) or (required and not value):
            mends = (f"请写 {name}: [列名, …]", f"write {name}: [column, …]")
            self._note((name,), f"{name} 应为列名列表", f"{name} must be a list of columns", mends)
            return ()
        for at, column in enumerate(value):
            self._column(column, name, at)
            if column in value[:at]:
                mends = ("请删去其一", "remove one")
                self._note(
                    (name, at), f"列“{column}”重复", f"the column {column!r} is there twice", mends
                )
        return tuple(column for column in value if self._exists(column))

    def _exists(self, column: object) -> bool:
        return isinstance(column, str) and column in self.contract.by_name

    def _column(self, column: object, *path: str | int) -> None:
        if not self._exists(column):
            names = self.contract.by_name
            self._note(
                path,
                f"数据集没有列“{column}”",
                f"the dataset has no column {column!r}",
                (f"可用列：{'、'.join(names)}", f"use {', '.join(names)}"),
            )

    def _parameters(self, shape: Shape, columns: tuple[str, ...]) -> tuple[Parameter, ...]:
        if shape is Shape.AGGREGATE:
            return tuple(Parameter(name, name) for name in columns)
        value = self.value.get("parameters")
        if value is None:
            keys = self.contract.key if shape is Shape.LOOKUP else ()
            parameters = [Parameter(column, column, "eq", True) for column in keys]
            value = []
        else:
            if not isinstance(value, list):
                mends = ("请写列表", "write a list")
                self._note(
                    ("parameters",), "parameters 应为列表", "parameters must be a list", mends
                )
                value = []
            parameters = [self._parameter(item, at) for at, item in enumerate(value)]
        self._check_names(parameters)
        if shape is Shape.LOOKUP:
            self._check_lookup(parameters)
        return tuple(parameters)

    def _parameter(self, item: object, at: int) -> Parameter:
        value = item if isinstance(item, dict) else {}
        path = ("parameters", at)
        self._known(value, _PARAMETER_FIELDS, *path)
        name, op, required = value.get("name"), value.get("op", "eq"), value.get("required", False)
        column = value.get("column", name)
        self._column(column, *path, "column")
        if not isinstance(name, str) or not is_word(name):
            mends = ("请写 name: 小写标识", "write name: a lower case word")
            self._note((*path, "name"), "参数名有误", "the parameter's name is wrong", mends)
        if not isinstance(required, bool):
            mends = ("请填 true 或 false", "use true or false")
            self._note((*path, "required"), "required 有误", "required is wrong", mends)
        self._check_op(op, column, path)
        return Parameter(str(name), str(column), str(op), required is True)

    def _check_op(self, op: object, column: object, path: tuple[str | int, ...]) -> None:
        known = isinstance(op, str) and (op in OPS or op == _PREFIX)
        kind = self.contract.by_name[str(column)].kind if self._exists(column) else None
        if not known or (op == _PREFIX and kind not in (Kind.STRING, None)):
            self._note(
                (*path, "op"),
                f"列“{column}”不能用“{op}”",
                f"{op!r} does not fit the column {column!r}",
                (
                    f"可用 {'、'.join(OPS)}，文字列另有 prefix",
                    f"use {', '.join(OPS)}; prefix on text columns",
                ),
            )

    def _check_names(self, parameters: list[Parameter]) -> None:
        names = [parameter.name for parameter in parameters]
        for at, name in enumerate(names):
            if name in RESERVED or name in names[:at]:
                self._note(
                    ("parameters", at),
                    f"参数名“{name}”重复或属保留字",
                    f"the parameter name {name!r} is taken or reserved",
                    (
                        f"请改名，保留字为 {'、'.join(RESERVED)}",
                        f"rename it; {', '.join(RESERVED)} are reserved",
                    ),
                )

    def _check_lookup(self, parameters: list[Parameter]) -> None:
        asked = [each.column for each in parameters if each.op == "eq" and each.required]
        if sorted(asked) != sorted(self.contract.key) or len(asked) != len(parameters):
            keys = ", ".join(self.contract.key)
            self._note(
                ("parameters",),
                "lookup 的参数应恰为各主键列（eq、必填）",
                "a lookup takes exactly the key columns, eq and required",
                (f"请删去 parameters，默认即主键 {keys}", f"leave parameters out: it is {keys}"),
            )

    def _order(self, shape: Shape) -> tuple[str, ...]:
        declared = self._columns("order")
        for at, name in enumerate(declared):
            if not self.contract.by_name[name].required:
                self._note(
                    ("order", at),
                    f"排序列“{name}”可能为空",
                    f"the order column {name!r} may be null",
                    ("请用必填列排序", "order by required columns"),
                )
        if shape is Shape.LOOKUP and not declared:
            return self.contract.key
        return (*declared, *(name for name in self.contract.key if name not in declared))

    def _asked(self, claims: tuple[str, ...], key: tuple[str, ...]) -> tuple[Parameter, ...]:
        """Return the parameters of a verification: every key column, and what may be claimed."""
        parameters = [Parameter(name, name, "eq", True) for name in key]
        parameters += [Parameter(name, name) for name in claims]
        self._check_names(parameters)
        return tuple(parameters)

    def _open(
        self, columns: tuple[str, ...], parameters: tuple[Parameter, ...], order: tuple[str, ...]
    ) -> bool:
        value = self.value.get("open", False)
        if not isinstance(value, bool):
            mends = ("请填 true 或 false", "use true or false")
            self._note(("open",), "open 有误", "open is wrong", mends)
        if value is not True:
            return False
        # A parameter or an order tells of its column as much as showing it does.
        used = [*columns, *(each.column for each in parameters), *order]
        check_open(self.contract, [name for name in used if self._exists(name)], self._note)
        return True


def named_dataset(text: str, *, source: str) -> str:
    """Return the dataset that an interface file names, so that its contract can be looked up.

    :raises Invalid: it names none.
    """
    document = yamlfile.load(text, source=source)
    value = document.value
    name = value.get("dataset") if isinstance(value, dict) else None
    if isinstance(name, str) and name:
        return name
    faults = Faults()
    faults.add(
        document.place("dataset"),
        "缺少 dataset",
        "dataset is missing",
        "请写明数据集名称",
        "name the dataset",
    )
    faults.raise_if_any(Text("接口文件有误", "the interface file is wrong"))
    return ""
