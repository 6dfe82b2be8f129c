"""Finds Chinese personal names (姓名) by the table of surnames: advice, never proof."""

from __future__ import annotations

import re
from collections.abc import Iterator

from duokua.lang.personal.hits import Finding, Hit

# The four hundred commonest surnames cover more than 99 in 100 people.
_SINGLE = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚"
    "沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易"
    "乔赖文庞樊兰殷施陶洪翟安颜倪牛温芦季俞章鲁葛伍申尤毕聂柴焦骆岳齐沿梅庄辛管祝左涂谷祁舒耿牟卜路詹关苗凌费"
    "纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋甘景薄单包司柏宁柯阮桂闵解强柴丛原冉臧麻封晏应褚娄喻劳全宣"
    "萧佘佟刁古吉屠巩帅廉支时楚欧沙浦桑湛满漆盖苟荆荣蔺虞谈谌赫边郁郜鄢闻雍麦匡尚戚乌敖寇巴卓池花占练母符"
    "辜宗郎饶房缪干邢滕简窦蒲邬巫车冷蔚明蓝储诸连瞿阎傅丘邝"
)
_DOUBLE = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "司徒",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "夏侯",
    "宇文",
    "长孙",
    "端木",
)
_NOT_GIVEN = re.compile(
    r"[市区县镇乡村路街省厅局委处科部室院校厂店行司站所队组楼幢号线桥湖江河山度量数率期型式类级份额价费税法规程图表机器]"
    r"|[的了是在不有与及或等已未正常]"
)
_HAN_NAME = re.compile(r"[\u4e00-\u9fa5]{2,4}")
_ETHNIC = re.compile(r"[\u4e00-\u9fa5]{2,6}·[\u4e00-\u9fa5]{2,8}")
_LABELLED = re.compile(
    r"(?:姓名|联系人|户主|申请人|当事人|经办人|负责人|法定代表人|法人代表|责任人|监护人|患者|业主|收件人|持卡人)"
    r" ?[:=是为] ?(?P<name>[\u4e00-\u9fa5]{2,6}·[\u4e00-\u9fa5]{2,8}"
    r"|[\u4e00-\u9fa5]{1,4}(?: ?[\u4e00-\u9fa5])?)"
    r"(?![\u4e00-\u9fa5])"
)


def is_name(text: str) -> bool:
    """Tell whether the whole of ``text`` may be a personal name."""
    compact = text.replace(" ", "")
    if _ETHNIC.fullmatch(compact):
        return True
    if not _HAN_NAME.fullmatch(compact):
        return False
    if compact.startswith(_DOUBLE):
        return 3 <= len(compact) <= 4 and not _NOT_GIVEN.search(compact[2:])
    return len(compact) <= 3 and compact[0] in _SINGLE and not _NOT_GIVEN.search(compact[1:])


def find_names(text: str) -> Iterator[Hit]:
    """Yield names that a label (``姓名:``) introduces; a bare word is judged by its column only."""
    for match in _LABELLED.finditer(text):
        if is_name(match["name"]):
            normal = match["name"].replace(" ", "")
            yield Hit(Finding.NAME, match.start("name"), match.end("name"), normal)
