"""What headers are made of: words with their English, and units with their UCUM codes."""

from __future__ import annotations

_WORDS = """
入场=arrival|进场=arrival|离场=departure|退场=departure|考勤=attendance|工资=wage
特种作业=special work|标签=label|启用=enabled|停用=disabled|工种=trade|班组=team
总包=main contractor|分包=subcontractor|承包=contracting|业主=owner|开工=start of works
竣工=completion|验收=acceptance|发证=issue|有效期=validity|截止=end|到期=expiry|塔吊=tower crane
起重=lifting|基坑=excavation|混凝土=concrete|钢筋=rebar|隐患=hazard|风险=risk|预警=alert
报警=alarm|阈值=threshold|上限=upper limit|下限=lower limit|监控=monitoring|视频=video
图片=picture|姓氏=surname|学历=education|职业=occupation|职务=post|岗位=post|籍贯=native place
户籍=household registration|国籍=nationality|婚姻=marital|体重=weight|身高=height
血压=blood pressure|诊断=diagnosis|科室=department|就诊=visit|住院=admission|出院=discharge
疫苗=vaccine|接种=vaccination|班级=class|年级=grade|课程=course|成绩=result|法院=court|案件=case
案由=cause|处罚=penalty|许可证号=permit number|执法=enforcement|排放=emission|废水=waste water
废气=waste gas|垃圾=waste|危险=hazardous|化学品=chemical|锅炉=boiler|电梯=lift|消防=fire safety
起点=origin|终点=destination|航班=flight|船名=ship name|集装箱=container|提单=bill of lading
毛重=gross weight|净重=net weight|原产国=country of origin|收货人=consignee|发货人=consignor
税号=tax number|税则=tariff|数据来源=data source|更新时间=update time|创建时间=creation time
第=no.|一=1|二=2|三=3
工号=worker number|学号=student number|门牌号=house number|入职=entry|打卡=clocking|在岗=on duty
序号=serial number|编号=number|编码=code|代码=code|名称=name|姓名=person name|类型=type
类别=category|状态=status|日期=date|时间=time|年份=year|月份=month|年龄=age|性别=gender
民族=ethnic group|身份证号码=resident id|身份证号=resident id|身份证=resident id
公民身份号码=resident id|证件号码=id number|证件类型=id type|统一社会信用代码=credit code
信用代码=credit code|联系电话=phone|电话号码=phone|手机号码=mobile phone|手机号=mobile phone
手机=mobile phone|电话=phone|联系人=contact|联系方式=contact phone|地址=address|住址=home address
地点=place|位置=location|经度=longitude|纬度=latitude|海拔=altitude|车牌号码=plate|车牌号=plate
车牌=plate|银行卡号=bank card|银行账号=bank account|开户行=bank|出生日期=birth date
出生年月=birth month|企业=company|公司=company|单位=organisation|部门=department|机构=institution
项目=project|工程=works|工地=site|建设=construction|施工=construction|监理=supervision|设计=design
规划=planning|许可证=permit|许可=permit|证书=certificate|合同=contract|面积=area|建筑=building
用地=land|层数=storeys|高度=height|长度=length|宽度=width|深度=depth|重量=weight|数量=quantity
金额=amount|价格=price|单价=unit price|总价=total price|总投资=total investment|投资=investment
费用=fee|税额=tax|税率=tax rate|温度=temperature|湿度=humidity|压力=pressure|风速=wind speed
风向=wind direction|降雨量=rainfall|降水=precipitation|浓度=concentration|流量=flow
水位=water level|电压=voltage|电流=current|功率=power|用电量=electricity|用水量=water use
噪声=noise|扬尘=dust|站点=station|站名=station name|监测=monitoring|设备=device|传感器=sensor
摄像头=camera|省份=province|省=province|城市=city|市=city|区县=county|区划=division
街道=subdistrict|乡镇=township|社区=community|村=village|小区=estate|学校=school|医院=hospital
药品=medicine|患者=patient|病人=patient|学生=student|教师=teacher|工人=worker|人员=person
人数=people|户主=householder|户数=households|法定代表人=legal representative|法人=legal person
负责人=person in charge|责任人=person responsible|申请人=applicant|申请=application|审批=approval
审核=review|办理=handling|办结=completion|受理=acceptance|事项=matter|业务=business|订单=order
商品=goods|进口=import|出口=export|报关单=declaration|海关=customs|国家=country|国别=country
币种=currency|汇率=exchange rate|开始=start|结束=end|创建=created|更新=updated|登记=registration
注册=registered|成立=founded|资本=capital|行业=industry|级别=grade|等级=grade|分级=level
备注=remarks|说明=description|描述=description|内容=content|标题=title|来源=source|原因=reason
结果=result|意见=opinion|得分=score|评分=score|排名=rank|比例=ratio|占比=share|同比=year on year
环比=month on month|合计=total|小计=subtotal|总数=total|计划=planned|实际=actual|是否=is|所属=of
主管=responsible|标准=standard|版本=version|文件=file|附件=attachment|数据=data|信息=information
主要=main|污染物=pollutant|空气质量=air quality|指数=index|首要=primary|平均=mean|最大=greatest
最小=least|当前=current|累计=cumulative|号码=number|号=number|年=year|月=month|日=day|姓=surname
名=name|出生=birth|所在地=location|邮编=postcode|邮箱=email|网址=website|规模=size|用途=purpose
方式=method|次数=times|天数=days|工期=duration|进度=progress|质量=quality|安全=safety
巡查=inspection|检查=inspection|整改=rectification|事件=event|投诉=complaint|处理=handling
停车=parking|泊位=parking space|车位=parking space|车辆=vehicle|车速=speed|道路=road
路段=road section|路口=junction|线路=line|分类=class|总=total
"""
_UNITS = """
m2=平方米,㎡,m2,m²,平米;hm2=公顷;km2=平方公里,平方千米,km2;m3=立方米,m3,m³,方;m=米,m
km=公里,千米,km;cm=厘米,cm;mm=毫米,mm;um=微米,μm;kg=千克,公斤,kg;g=克,g;mg=毫克,mg;t=吨,t;L=升,L
mL=毫升,mL,ml;Cel=℃,°C,摄氏度;%=%,百分比;[ppm]=ppm;ug/m3=μg/m3,ug/m3,μg/m³,ug/m³,微克/立方米
mg/m3=mg/m3,mg/m³,毫克/立方米;mg/L=mg/L;h=小时,h;min=分钟,min;s=秒,s;ms=毫秒,ms;d=天,日;a=年;mo=月
kW.h=千瓦时,kWh,kW·h,度;kW=千瓦,kW;MW=兆瓦,MW;W=瓦,W;V=伏,V;A=安,A;kPa=kPa,千帕;MPa=MPa,兆帕
hPa=hPa,百帕;Pa=Pa,帕;m/s=m/s,米/秒;km/h=km/h,公里/小时;m3/s=m3/s,立方米/秒;m3/h=m3/h,立方米/小时
dB=dB,分贝;kN=kN,千牛;kN.m=kN·m,kN.m,千牛米;deg=度角,°;Hz=Hz,赫兹;[CNY]=元,人民币元
10*4.[CNY]=万元;10*8.[CNY]=亿元;[USD]=美元,USD;{person}=人,人次;{household}=户
{piece}=个,件,台,辆,套,张,份,次,宗,家,条,起,处;mg/kg=mg/kg;Bq=Bq
"""


def _read_words() -> dict[str, str]:
    entries = _WORDS.strip().replace("\n", "|").split("|")
    return dict(entry.split("=") for entry in entries)


def _read_units() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in _UNITS.strip().replace("\n", ";").split(";"):
        code, _, words = entry.partition("=")
        found |= dict.fromkeys(words.split(","), code)
    return found


ENGLISH = _read_words()  # a Chinese word → its English
UCUM = _read_units()  # a unit as headers write it → its code
