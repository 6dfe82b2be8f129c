"""Refusals (拒绝) as RFC 9457 problem documents: what is wrong, where, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from duokua.kernel.errors import Fault
from duokua.kernel.text import Language, Text

TYPE_BASE = "https://duokua.example/problems/"
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of refusal: its status, title and mend."""

    status: int
    title: Text
    mend: Text


KINDS: dict[str, Kind] = {
    "token_missing": Kind(
        401,
        Text("需要访问令牌", "an access token is needed"),
        Text(
            "请先用客户端凭证向 /oauth/token 申请令牌，再放入 Authorization: Bearer",
            "get a token from /oauth/token with your client credentials, send it as Bearer",
        ),
    ),
    "token_invalid": Kind(
        401,
        Text("访问令牌无效", "the access token is not valid"),
        Text("请向 /oauth/token 重新申请令牌", "get a new token from /oauth/token"),
    ),
    "token_expired": Kind(
        401,
        Text("访问令牌已过期", "the access token has expired"),
        Text("请向 /oauth/token 重新申请令牌", "get a new token from /oauth/token"),
    ),
    "not_granted": Kind(
        403,
        Text("尚未获得该接口的授权", "this interface is not granted to you"),
        Text("请在资源商店申请：{link}", "apply for it in the store: {link}"),
    ),
    "grant_not_valid": Kind(
        403,
        Text("授权不在有效期内", "the grant is not valid at this time"),
        Text("请在资源商店续期：{link}", "renew it in the store: {link}"),
    ),
    "purpose_mismatch": Kind(
        403,
        Text("用途与授权不符", "the purpose is not the one that was granted"),
        Text(
            "请以授权用途申请令牌，或为新用途另行申请：{link}",
            "ask for a token with the granted purpose, or apply for the new purpose: {link}",
        ),
    ),
    "query_not_offered": Kind(
        403,
        Text("该接口不提供组合查询", "this interface offers no JSON query"),
        Text("请以查询串参数调用：GET {link}", "call it by its parameters: GET {link}"),
    ),
    "cube_only": Kind(
        403,
        Text(
            "涉及个人或敏感数据，分组与汇总只能通过已声明的立方体接口",
            "groups and sums of personal or sensitive data are told by a declared cube only",
        ),
        Text(
            "请申请该数据集的聚合统计接口：{link}",
            "apply for the aggregate interface of the dataset: {link}",
        ),
    ),
    "not_found": Kind(
        404,
        Text("没有该资源", "there is no such resource"),
        Text("请在 /data/ 查看可用接口", "see /data/ for what is open to you"),
    ),
    "method_not_allowed": Kind(
        405,
        Text("不支持该请求方法", "this method is not supported here"),
        Text("请改用 {allow}", "use {allow}"),
    ),
    "not_acceptable": Kind(
        406,
        Text("不支持该返回格式", "this format is not supported"),
        Text("请用 format=json|csv|arrow|parquet", "use format=json|csv|arrow|parquet"),
    ),
    "export_not_ready": Kind(
        409,
        Text("导出尚未完成或已失败", "the export is not done, or has failed"),
        Text("请查看其状态：{link}", "look at its state: {link}"),
    ),
    "range_not_satisfiable": Kind(
        416,
        Text("文件没有该范围", "the file has no such range"),
        Text("请按 Content-Range 中的大小更正", "mend it by the size in Content-Range"),
    ),
    "exports_full": Kind(
        429,
        Text("本授权的导出任务过多", "there are enough exports of this grant"),
        Text("请先下载并删除旧的导出", "fetch and delete earlier ones first"),
    ),
    "interface_ended": Kind(
        410,
        Text("该接口已停用", "this interface has ended"),
        Text("请改用 {link}", "change over to {link}"),
    ),
    "changes_too_old": Kind(
        410,
        Text("该版本之后的变更已不再保留", "what changed since that version is not kept"),
        Text(
            "请不带 since 完整读取一次：{link}，再从返回的 version 继续",
            "read it whole once, without `since`: {link}; go on from the `version` it tells",
        ),
    ),
    "key_missing": Kind(
        401,
        Text("需要设备密钥", "a device's key is needed"),
        Text("请在 Authorization: Bearer 中放入设备密钥", "send the device's key as Bearer"),
    ),
    "key_invalid": Kind(
        401,
        Text("设备密钥无效", "the device's key is not valid"),
        Text("请向设备管理部门索取新密钥", "ask the department of the device for a new key"),
    ),
    "stream_not_open": Kind(
        403,
        Text("该设备不可向此感知流上报", "this device may not send to this stream"),
        Text("请检查地址，或请管理部门登记", "check the address, or have the device registered"),
    ),
    "events_unsupported": Kind(
        415,
        Text("事件须为 JSON、NDJSON 或 Arrow 流", "events are JSON, NDJSON or an Arrow stream"),
        Text(
            "Content-Type 请写 application/json、application/x-ndjson 或 application/vnd.apache.arrow.stream",
            "send application/json, application/x-ndjson or application/vnd.apache.arrow.stream",
        ),
    ),
    "too_large": Kind(
        413,
        Text("请求内容过大", "the request body is too large"),
        Text("请带上 Content-Length 或分批发送", "send a Content-Length, or send it in parts"),
    ),
    "media_unsupported": Kind(
        415,
        Text("请求体须为 JSON", "the request body must be JSON"),
        Text("请写 Content-Type: application/json", "send Content-Type: application/json"),
    ),
    "parameters_invalid": Kind(
        422,
        Text("参数有误", "the parameters are wrong"),
        Text("请按 errors 逐项更正", "mend each of the errors"),
    ),
    "quota_exhausted": Kind(
        429,
        Text("配额已用完", "the quota is used up"),
        Text("请等待配额恢复，或申请更高配额", "wait until it is renewed, or apply for more"),
    ),
    "verify_exhausted": Kind(
        429,
        Text("对该对象的核验错误次数过多", "too many wrong verifications of this key today"),
        Text("请核对信息，次日再试", "check what you claim and try again tomorrow"),
    ),
    "budget_exhausted": Kind(
        429,
        Text(
            "本授权在当前数据版本上可提的不同统计问题已用完",
            "the different questions of this grant to this version of the data are used up",
        ),
        Text(
            "已提过的问题仍可免费重复；请等待数据更新，或请数据方提高预算",
            "asked ones may be repeated free; wait for new data, or ask the owner for more",
        ),
    ),
    "rate_limited": Kind(
        429,
        Text("请求过于频繁", "too many requests"),
        Text("请按 Retry-After 稍后重试", "try again after Retry-After"),
    ),
    "overloaded": Kind(
        503,
        Text("系统繁忙", "the system is busy"),
        Text("请按 Retry-After 稍后重试", "try again after Retry-After"),
    ),
    "unavailable": Kind(
        503,
        Text("服务暂不可用：{part}", "not available just now: {part}"),
        Text("请稍后重试；若持续出现请联系平台", "try again soon; if it stays, call the platform"),
    ),
    "no_data": Kind(
        503,
        Text("该接口尚无数据", "this interface has no data yet"),
        Text("请等待数据首次汇聚", "wait for the first ingestion"),
    ),
}


class Refusal(Exception):
    """A governed call that is refused; free of charge."""

    def __init__(
        self,
        code: str,
        *,
        faults: tuple[Fault, ...] = (),
        retry_after: int | None = None,
        quota: dict[str, int | None] | None = None,
        **values: str,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.faults = faults
        self.retry_after = retry_after
        self.quota = quota
        self.values = {"link": "/store/", "part": "", "allow": "GET", **values}

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.code].status

    def document(self, language: Language) -> bytes:
        """Return the problem document in ``language``."""
        kind = KINDS[self.code]
        mend = kind.mend.format(**self.values).in_(language)
        body: dict[str, object] = {
            "type": TYPE_BASE + self.code,
            "title": kind.title.format(**self.values).in_(language),
            "status": kind.status,
            "code": self.code,
            "detail": self._detail(language) or mend,
            "mend": mend,
        }
        if self.faults:
            body["errors"] = [
                {
                    "pointer": fault.where,
                    "detail": fault.what.in_(language),
                    "mend": fault.mend.in_(language),
                }
                for fault in self.faults
            ]
        if self.quota is not None:
            body["quota"] = self.quota
        return orjson.dumps(body)

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers that go with the document."""
        headers = [("content-type", MEDIA_TYPE), ("cache-control", "no-store")]
        if self.retry_after is not None:
            headers.append(("retry-after", str(self.retry_after)))
        if self.status == 401:
            headers.append(("www-authenticate", f'Bearer error="{self.code}"'))
        if self.values.get("successor"):
            headers.append(("link", f'<{self.values["successor"]}>; rel="successor-version"'))
        if self.status == 405:
            headers.append(("allow", self.values["allow"]))
        return headers

    def _detail(self, language: Language) -> str:
        return "; ".join(fault.what.in_(language) for fault in self.faults)


def bad_parameter(name: str, zh: str, en: str, mend_zh: str, mend_en: str) -> Refusal:
    """Build the refusal of one wrong parameter."""
    fault = Fault(f"/{name}", Text(zh, en), Text(mend_zh, mend_en))
    return Refusal("parameters_invalid", faults=(fault,))


def misfit(name: str, text: str, kind: str) -> Refusal:
    """Build the refusal of a parameter whose value is not of its kind."""
    return bad_parameter(
        name,
        f"“{text[:80]}”不是 {kind}",
        f"{text[:80]!r} is no {kind}",
        f"请按 {kind} 填写",
        f"give a {kind}",
    )
