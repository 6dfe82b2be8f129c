"""Cells as people type them, one table: what the finder tells of each, and what it leaves alone."""

from __future__ import annotations

import random

import pytest

import personal_cells as writers
from duokua.lang.personal import find

RNG = random.Random(99)
ID, CODE, CARD = writers.resident(RNG), writers.credit(RNG), writers.card(RNG)
OLD = writers.old_resident(RNG)
POSITIVE = {
    "resident_id": f"""{ID}|{" ".join(ID)}|身份证号码为{ID}的|（{ID}）|'{ID}|张三{ID}男|身份证号:{OLD}|ID:{ID}
        |{ID[:17]}{ID[17].lower()}。|{ID}/13812345678|{ID}_1|{ID[:6]}-{ID[6:10]}-{ID[10:14]}-{ID[14:]}
        |{ID[:6]}.{ID[6:14]}.{ID[14:]}|NO.{ID}""",
    "uscc": f"""{CODE}|{CODE[:2]} {CODE[2:8]} {CODE[8:17]} {CODE[17]}|信用代码{CODE}有限公司|({CODE})
        |{CODE[:8]}-{CODE[8:]}|税号：{CODE}""",
    "bank_card": f"""{CARD}|工行{CARD}|卡号{CARD}|{CARD}（建行）|{CARD[:6]} {CARD[6:]}|账户:{CARD}
        |{CARD[:4]}-{CARD[4:8]}-{CARD[8:12]}-{CARD[12:]}""",
    "phone": """+86-138-1234-5678|86 13812345678|(86)13812345678|138.1234.5678|13812345678(微信同号)
        |13812345678/13912345678|0571—88886666|(0571)-88886666|+86 571 8888 6666|010 6234 5678
        |0571-88886666-8012|0571-88886666 转 8012|０５７１－８８８８６６６６|联系人张三13812345678
        |13812345678张三|138-12345678|M13812345678|86-0571-88886666|13812345678人员张三
        |13812345678 次日回访|13812345678元宝小区|13812345678.|13812345678,100元""",
    "plate": """浙A12345|浙 A·12345|浙A-12345|浙A·D12345|浙AD12345|浙ADA1234|浙A1234学|WJ浙12345|粤Z·1234港
        |车牌号浙a12345已登记|浙Ａ１２３４５|浙A12345D|黑色浙A12345轿车|使014578|浙A.12345""",
    "address": """浙江省杭州市西湖区文三路90号东部软件园1号楼|文三路90-1号|滨盛路1786号|建国中路27弄3号
        |北京市朝阳区建国门外大街1号国贸大厦A座|上海市浦东新区世纪大道100号|萧山区宁围镇丰北村3组
        |桃源小区5幢2单元302室|阳光花园6-1-301|重庆市渝北区龙溪街道新溉大道18号2栋3-4|长河路351号4号楼
        |住杭州市江干区凯旋路385号|之江路1 号|解放路一百二十三号|余杭区五常街道联胜社区|大关苑东八苑5幢""",
}
NEGATIVE = """2026-05-06 12:30:45.123456|20260506123045|6217000000000000000元|浙政发〔2026〕15号|GB 50300-2013
    |解放路施工围挡破损|西湖区共有街道10个|设备编号 138-0001-2345
    |合同号：HT-2026-0571-88886666|ISBN 978-7-04-012345-6
    |IMEI 861234567890123|1号楼3单元5层|二维码 6901234567892|塔吊编号TC6013-1|每平方米13800元|第13812345678号
    |400-800-1234|95588|浙江省杭州市|杭州市西湖区文三路|文三路与学院路口|地铁2号线丰潭路站|浙江A12345
    |粤B4-20050001|京公网安备11010502030143号|京ICP证030173号|110105020301430000
    |经度120.12345678|mac 00:1B:44:11:3A:B7
    |v1.13812345678|13812345678901|$13,812,345,678.00|面积138.12345678平方米|3标段2号塔吊|道路2号桥|隧道1号口
    |校园2号楼|公园1号门|文三街道办事处|12-34-56|高层住宅3幢|老旧小区3栋楼|改造小区12个|全村3组|本社区5栋|里程K12+345"""


def cells(table: str) -> list[str]:
    """Cut a table; a cell keeps the blanks within it."""
    return [cell.strip() for cell in table.split("|")]


@pytest.mark.parametrize(
    ("kind", "cell"), [(kind, cell) for kind, table in POSITIVE.items() for cell in cells(table)]
)
def test_it_is_found(kind: str, cell: str) -> None:
    found = find(cell)
    assert kind in {hit.kind.value for hit in found}
    assert all(cell[hit.start : hit.end].strip() for hit in found)


@pytest.mark.parametrize("cell", cells(NEGATIVE))
def test_it_is_left_alone(cell: str) -> None:
    assert find(cell) == ()
