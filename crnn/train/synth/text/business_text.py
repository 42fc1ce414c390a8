"""The language of accounts, audits, contracts and notices, put together from a grammar of ours.

What offices print most is in few free texts: its words (履约义务, 减值准备, 一揽子交易) are rare
elsewhere, and so are its marks: titles of laws in 《》, a dash of two ems, figures in brackets.
"""

from __future__ import annotations

import numpy as np

from crnn.train.synth.text.form_values import amount, date, number, pick, words

Rng = np.random.Generator

WHO = words(
    """
    本公司 本集团 公司 母公司 子公司 控股股东 实际控制人 董事会 监事会 股东大会 管理层 全体股东
    会计师事务所 注册会计师 客户 供应商 债权人 债务人 承租人 出租人 发行人 保荐机构 承销商 投资方
    投资者 被投资单位 联营企业 合营企业 甲方 乙方 丙方 承包人 发包人 担保人 被担保方 当事人 申请人
    被申请人 受让方 转让方 募集资金专户 上市公司 关联方 非关联方 少数股东 独立董事 审计委员会 治理层
    有限合伙企业 基金管理人 登记机关 主管部门 税务机关 监管机构 纳税义务人 用人单位 劳动者 施工单位
    监理单位 招标人 投标人 中标人 评标委员会 采购人 代理机构 供货方 保险人 投保人 被保险人 受益人
    """
)
HOW = words(
    """
    应当 应 可以 不得 已经 尚未 将 须 依法 按规定 及时 持续 分期 逐项 单独 共同 优先 按比例 有权
    无权
    在报告期内 在合同期间内 在某一时段内 在某一时点 于资产负债表日 自购买日起 自合并日起
    在丧失控制权之前
    根据协议约定 按照职业道德守则 在未来十二个月内 在整个存续期内 在所有重大方面 以公允价值
    以账面价值
    采用实际利率法 采用权益法 采用成本法 按照累计履约进度 在承诺期间 经批准后
    自收到通知之日起三十日内
    """
)
WHAT = words(
    """
    履行履约义务 履行合同义务 履行信息披露义务 履行职责 履行承诺 履行勤勉尽责义务 确认收入
    确认投资收益
    确认预计负债 确认递延所得税资产 计提减值准备 计提坏账准备 计提存货跌价准备 计提折旧 摊销无形资产
    分摊交易价格 分摊至各单项履约义务 编制合并财务报表 披露关联交易 募集配套资金 归还银行贷款
    永久性补充流动资金 偿还借款本息 取得商品控制权 丧失控制权 处置长期股权投资 处置子公司部分股权
    承担连带保证责任 提供担保 阐述责任 冲减资本公积 冲减留存收益 调整期初余额 发表审计意见
    获取审计证据
    识别重大错报风险 评估持续经营能力 核销应收账款 转移商品所有权 收取款项 支付对价 结转营业成本
    抵销内部交易 缴纳企业所得税 享受税收优惠 拆借资金 占用非经营性资金 转让股份 回购注销限制性股票
    授予股票期权 分配现金股利 派发红利 增持股份 减持股份 质押股权 解除冻结 提起诉讼 申请仲裁
    赔偿损失
    违反竞业禁止约定 解除劳动合同 支付违约金 交付验收 编制竣工结算 缴存住房公积金 缴纳社会保险费
    公示中标结果 退还投标保证金 签订补充协议 出具法律意见书 办理工商变更登记 承兑汇票 贴现票据
    租赁房屋
    采购原材料 委托加工物资 盘点固定资产 报废生产设备 验收在建工程 预付货款 预收租金
    代扣代缴个人所得税
    """
)
ITEMS = words(
    """
    货币资金 交易性金融资产 应收票据 应收账款 应收款项融资 预付款项 其他应收款 存货 合同资产
    一年内到期的非流动资产 其他流动资产 债权投资 长期应收款 长期股权投资 其他权益工具投资
    投资性房地产
    固定资产 在建工程 使用权资产 无形资产 开发支出 商誉 长期待摊费用 递延所得税资产 短期借款
    应付票据
    应付账款 预收款项 合同负债 应付职工薪酬 应交税费 长期借款 应付债券 租赁负债 预计负债 递延收益
    实收资本 股本 资本公积 库存股 其他综合收益 专项储备 盈余公积 未分配利润 少数股东权益 营业总收入
    营业总成本 税金及附加 销售费用 管理费用 研发费用 财务费用 利息费用 信用减值损失 资产减值损失
    资产处置收益 营业外收入 营业外支出 所得税费用 净利润 基本每股收益 稀释每股收益 城市维护建设税
    教育费附加 房产税 土地使用税 印花税 增值税 消费税 差旅费 业务招待费 办公费 水电费 运杂费 劳务费
    折旧费 咨询费 审计费 租赁费 手续费 利息收入 汇兑损益 政府补助 非经常性损益 加权平均净资产收益率
    """
)
LAWS = words(
    """
    中华人民共和国公司法 中华人民共和国证券法 中华人民共和国合同法 中华人民共和国劳动法
    中华人民共和国民法典 中华人民共和国招标投标法 中华人民共和国会计法 中华人民共和国审计法
    中华人民共和国增值税暂行条例 企业会计准则 中国注册会计师审计准则 上市公司信息披露管理办法
    上市公司治理准则 公司章程 股票上市规则 募集资金管理办法 政府采购法 档案法 保守国家秘密法
    关于避免同业竞争的承诺 关于减少和规范关联交易的承诺 验资报告 评估报告 股权转让协议 借款合同
    房屋租赁合同 建设工程施工合同 采购合同 保密协议 授权委托书 承诺函 告知书 通知 公告 决定 批复
    """
)
SUBJECTS = words(
    "收入 租赁 政府补助 金融工具确认和计量 财务报告的一般规定 非经常性损益 合并财务报表 存货 所得税"
)
JOINS = ("，", "，", "，", "，并", "，且", "，以及", "，或", "；", "；", "、", "。", "。", "：")
SPECIAL = ("一揽子交易", "简易征收", "三公经费", "营改增", "五险一金", "三重一大", "放管服")
BESIDE = ("有限合伙", "普通合伙", "以下简称“公司”", "盖章", "签字")
CLAUSE_OF = (
    "其中：{item}",
    "{item}的账面价值与可收回金额",
    "将{item}计入当期损益",
    "{item}较上年末增加{number}",
    "截至{date}，{item}余额为{amount}",
    "{item}占比{number}",
    "对{item}进行减值测试",
    "冲减{item}",
    "剩余{item}",
    "{item}中的{number}",
    "本期{item}合计{amount}",
    "列示于“{item}”项目",
)


def clause(rng: Rng) -> str:
    """Who does what, or something of an item, a law or a figure."""
    kind = rng.random()
    if kind < 0.5:
        who, how = pick(rng, WHO), pick(rng, HOW) if rng.random() < 0.7 else ""
        return f"{who}{how}{pick(rng, WHAT)}"
    if kind < 0.8:
        return pick(rng, CLAUSE_OF).format(
            item=pick(rng, ITEMS), number=number(rng), date=date(rng), amount=amount(rng)
        )
    if kind < 0.9:
        return f"{pick(rng, ('根据', '依照', '依据', '按照', '参照', '违反'))}{_law(rng)}"
    if kind < 0.95:
        return f"{pick(rng, ('属于', '作为', '构成', '不属于'))}“{pick(rng, SPECIAL)}”"
    return f"{pick(rng, WHO)}（{pick(rng, BESIDE)}）"


def statement(rng: Rng) -> str:
    """One to six clauses with what stands between and after them."""
    said = [clause(rng)]
    for _ in range(int(rng.integers(0, 6))):
        said += [pick(rng, JOINS), clause(rng)]
    return "".join(said) + pick(rng, ("。", "。", "；", "", "：", "，"))


def _law(rng: Rng) -> str:
    law = pick(rng, LAWS)
    kind = rng.random()
    if kind < 0.25:
        return f"《{law}第{int(rng.integers(1, 43))}号——{pick(rng, SUBJECTS)}》"
    if kind < 0.5:
        return f"《{law}》第{int(rng.integers(1, 200))}条"
    return f"《{law}》"
