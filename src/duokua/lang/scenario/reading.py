"""Reads a whole pack (场景包) from its files; everything wrong with any of them is told at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TypeVar

from duokua.kernel.errors import Faults, Invalid
from duokua.kernel.text import Text
from duokua.lang import yamlfile
from duokua.lang.contract import Contract
from duokua.lang.interface import Interface
from duokua.lang.interface_file import load_interface, named_dataset
from duokua.lang.odcs import load_contract
from duokua.lang.parameter import Parameter
from duokua.lang.scenario import manifest_file, quality_file
from duokua.lang.scenario.dataset_file import read_datasets
from duokua.lang.scenario.following import without_followers
from duokua.lang.scenario.form_file import read_form
from duokua.lang.scenario.functions import FILE, Functions
from duokua.lang.scenario.functions_file import read_functions
from duokua.lang.scenario.gate import Admitted, Columns
from duokua.lang.scenario.indicator import Indicator
from duokua.lang.scenario.indicator_file import read_indicator
from duokua.lang.scenario.kinds import by_kind, name_of
from duokua.lang.scenario.manifest import Manifest
from duokua.lang.scenario.pack import Pack, PackForm, Sentence
from duokua.lang.scenario.pack_checks import check_contracts, check_pack
from duokua.lang.scenario.parameter_file import read_pack_parameters
from duokua.lang.scenario.playbook_file import read_playbook
from duokua.lang.scenario.quality_file import read_quality
from duokua.lang.scenario.quality_seen import seen
from duokua.lang.scenario.queries import LOOP_TABLES
from duokua.lang.scenario.rule import Rule
from duokua.lang.scenario.rule_file import read_rule
from duokua.lang.scenario.sentence_file import read_sentences
from duokua.lang.scenario.table_file import check_table
from duokua.lang.scenario.view import View
from duokua.lang.scenario.view_file import read_view

_T = TypeVar("_T")
_WRONG = Text("场景包有误", "the pack is wrong")


def read_pack(files: Mapping[str, str], *, folder: str | None = None) -> Pack:
    """Read a pack from its files, by their paths within its folder.

    ``folder`` is the name of that folder, where the files come from one.

    :raises Invalid: naming everything that is wrong, by file and line, with the mend.
    """
    return _Reader(files, folder).read()


def digest_of(files: Mapping[str, str]) -> str:
    """Return the SHA-256 over all files of a pack, in hexadecimal."""
    made = hashlib.sha256()
    for path in sorted(files):
        for part in (path, files[path]):
            body = part.encode()
            made.update(len(body).to_bytes(8, "big") + body)
    return made.hexdigest()


class _Reader:
    """Reads files kind by kind, each with what was read before it."""

    def __init__(self, files: Mapping[str, str], folder: str | None) -> None:
        self.faults = Faults()
        self.files = files
        self.kinds = by_kind(files, self.faults)
        self.folder = folder
        self.places: dict[str, str] = {}  # of parameters, by id
        self.functions = Functions()
        self.unread: dict[str, str] = {}  # files that could not be read, by path

    def read(self) -> Pack:
        manifest = self._manifest()
        contracts = self._contracts()
        parameters = self._parameters()
        tables = _tables(manifest, contracts, self.kinds)
        self.functions = read_functions(self.files.get(FILE, ""), self.faults)
        derived = self._datasets(manifest, contracts, parameters, tables)
        known = {**tables, **_derived(derived, contracts)}
        forms = self._each("forms", lambda doc: read_form(doc, self.faults))
        roles = [each.id for each in manifest.roles]
        playbooks = self._each(
            "playbooks",
            lambda doc: read_playbook(doc, roles=roles, forms=forms, faults=self.faults),
        )
        rules = self._rules(known, parameters)
        views = self._views(known, parameters, roles, forms)
        indicators = self._indicators(known, parameters)
        sentences = self._sentences(rules, contracts, parameters)
        pack = Pack(
            manifest=manifest,
            contracts=contracts,
            parameters=parameters,
            rules={name: rule for name, rule in rules.items() if rule is not None},
            playbooks=playbooks,
            views=views,
            indicators=indicators,
            forms=forms,
            datasets={name: each.query for name, each in derived.items()},
            interfaces=self._interfaces(contracts),
            sentences=sentences,
            tables=self._csv("tables", contracts),
            samples=self._csv("samples", contracts),
            digest=digest_of(self.files),
            functions=self.functions,
        )
        return self._checked(pack, derived)

    def _checked(self, pack: Pack, derived: Mapping[str, Admitted]) -> Pack:
        check_contracts(pack, self.kinds, self.faults)
        broken = len(pack.rules) < len(self.kinds["rules"]) or bool(self.unread)
        check_pack(pack, derived, self.files, self.places, broken, self.faults)
        quality = self._quality(pack, broken)
        if self.unread:
            self.faults.found[:] = without_followers(self.faults.found, self.unread)
        self.faults.raise_if_any(_WRONG)
        return _with_quality(pack, quality)

    # files one by one

    def _document(self, path: str) -> yamlfile.Document | None:
        try:
            return yamlfile.load(self.files[path], source=path)
        except Invalid as error:
            self._unreadable(path, error)
            return None

    def _unreadable(self, path: str, error: Invalid) -> None:
        self.faults.found.extend(error.faults)
        self.unread[path] = self.files[path]

    def _each(self, kind: str, read: Callable[[yamlfile.Document], _T]) -> dict[str, _T]:
        found: dict[str, _T] = {}
        for path in self.kinds[kind]:
            document = self._document(path)
            if document is not None:
                found[name_of(path)] = read(document)
        return found

    def _needed(self, path: str) -> yamlfile.Document:
        if path not in self.files:
            self.faults.add(f"{path}:1", "缺少这个文件", "the file is missing", "请补上", "add it")
            return yamlfile.Document({}, path, {})
        return self._document(path) or yamlfile.Document({}, path, {})

    def _manifest(self) -> Manifest:
        before = len(self.faults.found)
        document = self._needed(manifest_file.FILE)
        broken = len(self.faults.found) > before  # what is then missing in it has been told
        own = Faults() if broken else self.faults
        return manifest_file.read_manifest(document, own, self.folder)

    def _contracts(self) -> dict[str, Contract]:
        found = {}
        for path in self.kinds["contracts"]:
            try:
                contract = load_contract(self.files[path], source=path)
            except Invalid as error:
                self._unreadable(path, error)
                continue
            name = name_of(path)
            if contract.id != name:
                self.faults.add(
                    f"{path}:1", f"契约的 id“{contract.id}”与文件名不同",
                    f"its id {contract.id!r} is not the file's name",
                    f"请写 id: {name}", f"write id: {name}",
                )  # fmt: skip
            found[name] = contract
        return found

    def _parameters(self) -> dict[str, Parameter]:
        found: dict[str, Parameter] = {}
        for path in self.kinds["parameters"]:
            document = self._document(path)
            for each, where in read_pack_parameters(document, self.faults) if document else ():
                if each.id in found:
                    self.faults.add(
                        where, f"参数“{each.id}”重复", f"the parameter {each.id!r} is there twice",
                        f"另一处在 {self.places[each.id]}", f"the other is at {self.places[each.id]}",
                    )  # fmt: skip
                elif each.id:
                    found[each.id], self.places[each.id] = each, where
        return found

    def _datasets(
        self,
        manifest: Manifest,
        contracts: Mapping[str, Contract],
        parameters: Mapping[str, Parameter],
        tables: Mapping[str, Columns],
    ) -> dict[str, Admitted]:
        declared = {
            name: columns_of(contracts[name]) for name in manifest.provides if name in contracts
        }
        return read_datasets(
            self.kinds["datasets"], tables=tables, parameters=parameters, declared=declared,
            faults=self.faults, functions=self.functions.by_name,
        )  # fmt: skip

    def _rules(
        self, tables: Mapping[str, Columns], parameters: Mapping[str, Parameter]
    ) -> dict[str, Rule | None]:
        playbooks = [name_of(path) for path in self.kinds["playbooks"]]
        return {
            name_of(path): read_rule(
                text, file=path, tables=tables, parameters=parameters, playbooks=playbooks,
                faults=self.faults, functions=self.functions.by_name,
            )
            for path, text in self.kinds["rules"].items()
        }  # fmt: skip

    def _views(
        self,
        tables: Mapping[str, Columns],
        parameters: Mapping[str, Parameter],
        roles: list[str],
        forms: Mapping[str, PackForm],
    ) -> dict[str, View]:
        return self._each(
            "views",
            lambda doc: read_view(
                doc, tables=tables, parameters=parameters, roles=roles, forms=forms,
                faults=self.faults,
            ),
        )  # fmt: skip

    def _indicators(
        self, tables: Mapping[str, Columns], parameters: Mapping[str, Parameter]
    ) -> dict[str, Indicator]:
        known = {**tables, **LOOP_TABLES}
        return self._each(
            "indicators",
            lambda doc: read_indicator(
                doc, tables=known, parameters=parameters, faults=self.faults
            ),
        )

    def _sentences(
        self,
        rules: Mapping[str, Rule | None],
        contracts: Mapping[str, Contract],
        parameters: Mapping[str, Parameter],
    ) -> tuple[Sentence, ...]:
        found: list[Sentence] = []
        for path in self.kinds["tests"]:
            document = self._document(path)
            if document is not None:
                found += read_sentences(
                    document, rules=rules, contracts=contracts, parameters=parameters,
                    faults=self.faults,
                )  # fmt: skip
        return tuple(found)

    def _interfaces(self, contracts: Mapping[str, Contract]) -> dict[str, Interface]:
        found = {}
        for path, text in self.kinds["interfaces"].items():
            try:
                dataset = named_dataset(text, source=path)
                if dataset not in contracts:
                    self.faults.add(
                        f"{path}:1", f"没有数据集“{dataset}”的契约", f"there is no contract of {dataset!r}",
                        f"请写 contracts/{dataset}.odcs.yaml", f"write contracts/{dataset}.odcs.yaml",
                    )  # fmt: skip
                    continue
                found[name_of(path)] = load_interface(
                    text, source=path, contract=contracts[dataset]
                )
            except Invalid as error:
                self.faults.found.extend(error.faults)
        return found

    def _csv(self, kind: str, contracts: Mapping[str, Contract]) -> dict[str, str]:
        found = {}
        for path, text in self.kinds[kind].items():
            name = name_of(path)
            found[name] = text
            if name in contracts:
                check_table(text, contracts[name], file=path, faults=self.faults)
            elif f"contracts/{name}.odcs.yaml" not in self.files:
                self.faults.add(
                    f"{path}:1", "没有同名的契约", "has no contract of its name",
                    f"请写 contracts/{name}.odcs.yaml", f"write contracts/{name}.odcs.yaml",
                )  # fmt: skip
        return found

    def _quality(self, pack: Pack, broken: bool) -> dict[str, str]:
        document = self._needed(quality_file.FILE)
        if not document.lines:
            return {}
        standing = {} if broken else seen(pack, self.files)
        return read_quality(
            document, tier=pack.manifest.tier, standing=standing, faults=self.faults
        )


def columns_of(contract: Contract) -> Columns:
    """Return the columns of a contract with their kinds."""
    return {column.name: column.kind for column in contract.columns}


def _tables(
    manifest: Manifest, contracts: Mapping[str, Contract], kinds: Mapping[str, Mapping[str, str]]
) -> dict[str, Columns]:
    """Return what rules may read besides derived tables: what is consumed, and reference tables."""
    derived = {name_of(path) for path in kinds["datasets"]}
    found = {
        name: columns_of(contracts[name])
        for name in map(name_of, kinds["tables"])
        if name in contracts and name not in derived
    }
    for each in manifest.consumes:
        if each.table in contracts and each.table not in derived:
            columns = columns_of(contracts[each.table])
            asked = each.columns or tuple(columns)
            found[each.table] = {name: columns[name] for name in asked if name in columns}
    return found


def _derived(
    derived: Mapping[str, Admitted], contracts: Mapping[str, Contract]
) -> dict[str, Columns]:
    return {
        name: columns_of(contracts[name]) if name in contracts else each.columns
        for name, each in derived.items()
    }


def _with_quality(pack: Pack, quality: dict[str, str]) -> Pack:
    pack.quality.update(quality)
    return pack
