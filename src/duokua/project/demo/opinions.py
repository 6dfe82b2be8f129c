"""What users of the demonstration say of its listings (演示评价与问答)."""

from __future__ import annotations

from datetime import datetime, timedelta

from duokua.project.demo.listings import Posts
from duokua.store import facade as store

# department whose grant is in use, listing, stars, what it says
RATINGS = (
    ("health", "elder_person", 5, "核验快，免去了纸质证明。"),
    ("emergency", "special_equipment", 4, "检验日期更新及时，希望增加维保记录。"),
    ("service_centre", "household_register", 5, "办事群众少跑一趟。"),
    ("urban_management", "hotline_call", 4, "统计口径清楚。"),
    ("education", "child_record", 3, "分社区的小格不显示，预测时要注意。"),
)
# department that asks, listing, question, answer (empty: not answered yet)
QUESTIONS = (
    ("transport", "parking_lot", "泊位数是否含路内泊位？", "不含，路内泊位另行发布。"),
    ("fire_rescue", "estate", "建成年份按竣工备案还是交付？", "按竣工备案年份。"),
    ("statistics", "company", "注销企业保留多久？", "保留五年，状态标为注销。"),
    ("commerce", "farm_market", "星级多久评一次？", ""),
    ("health", "school", "是否包含民办学校？", ""),
)
FOLLOWED = (("statistics", "company"), ("transport", "parking_lot"), ("health", "kindergarten"))


def say_all(now: datetime) -> None:
    """Rate, ask, answer and follow; once."""
    posts = Posts(now)
    for department, listing, stars, text in RATINGS:
        rater = posts.of("developer", department)
        store.rate_listing(listing, by=rater, stars=stars, text=text, now=now - timedelta(days=9))
    for at, (department, listing, question, answer) in enumerate(QUESTIONS):
        asker, asked = posts.of("developer", department), now - timedelta(days=20 - at)
        number = store.ask_question(listing, by=asker, text=question, now=asked)
        if answer:
            owner = posts.of("steward", store.listing(listing).owner)
            answered = asked + timedelta(days=1)
            store.answer_question(listing, number, by=owner, text=answer, now=answered)
    for department, listing in FOLLOWED:
        store.follow_listing(listing, by=posts.of("steward", department), now=now)
