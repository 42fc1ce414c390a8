// The words of the template page, and the names of field types.

export const TYPES = [
  "digits", "decimal", "amount", "percentage", "capital_amount", "date", "time", "datetime", "phone",
  "email", "id_card", "uscc", "bank_card", "plate", "arithmetic",
];

export const WORDS = {
  zh: {
    "forms.title": "表单模板", "forms.sheet": "空白表单与区域", "forms.known": "已有模板", "forms.new": "新模板",
    "forms.blank": "上传空白表单", "forms.name": "模板名称", "forms.save": "保存", "forms.saved": "已保存“{name}”",
    "forms.delete": "删除模板", "forms.sure": "删除模板“{name}”？", "forms.gone": "已删除“{name}”",
    "forms.try": "保存并试读填好的表单", "forms.start": "上传一张空白表单的扫描件，系统会建议要识别的区域；在图上拖动可画出新区域。",
    "forms.looking": "正在寻找区域…", "forms.reading": "正在识别…", "forms.found": "找到 {count} 个区域",
    "forms.zones": "区域（{count}）", "forms.none": "选中一个区域来修改，或在图上拖动画一个新的。",
    "forms.checks": "校验（每行一条，如 sum: 金额, 合计）", "forms.zone": "区域", "forms.zone.name": "字段名",
    "forms.zone.kind": "种类", "forms.zone.type": "类型", "forms.zone.free": "任意文字", "forms.zone.cells": "格数",
    "forms.zone.rows": "行数", "forms.zone.group": "选项组", "forms.zone.label": "选项文字", "forms.zone.lexicon": "词库名称",
    "forms.zone.table": "所属表格", "forms.zone.multiline": "多行", "forms.zone.required": "必填",
    "forms.zone.keeps_print": "连同印刷文字一起读", "forms.zone.remove": "删除区域", "forms.kind.text": "文字",
    "forms.kind.checkbox": "勾选框", "forms.kind.comb": "单字格", "forms.kind.column": "表格列",
    "forms.tried": "试读结果", "forms.field": "字段", "forms.value": "值", "forms.sureness": "把握",
    "forms.review": "有 {count} 个字段需要人工核对", "forms.clear": "没有需要核对的字段", "forms.check": "校验 {kind}：{state}",
    "forms.state.passed": "通过", "forms.state.repaired": "已修正", "forms.state.failed": "不符", "forms.state.skipped": "未做",
    "forms.yes": "是", "forms.no": "否", "forms.empty": "（空）", "forms.nameless": "请先给模板取名",
    "forms.badcheck": "看不懂这条校验：{row}", "forms.typed": "自定义",
  },
  en: {
    "forms.title": "Form templates", "forms.sheet": "The blank form and its zones", "forms.known": "Kept", "forms.new": "New template",
    "forms.blank": "Upload a blank form", "forms.name": "Template name", "forms.save": "Save", "forms.saved": "“{name}” is saved",
    "forms.delete": "Delete template", "forms.sure": "Delete the template “{name}”?", "forms.gone": "“{name}” is deleted",
    "forms.try": "Save, and try a filled form", "forms.start": "Upload a scan of a blank form: zones are proposed. Drag on the picture to draw another.",
    "forms.looking": "Looking for zones…", "forms.reading": "Reading…", "forms.found": "{count} zones found",
    "forms.zones": "Zones ({count})", "forms.none": "Choose a zone to change it, or drag on the picture to draw one.",
    "forms.checks": "Checks (one a row, such as sum: amounts, total)", "forms.zone": "Zone", "forms.zone.name": "Field name",
    "forms.zone.kind": "Kind", "forms.zone.type": "Type", "forms.zone.free": "any text", "forms.zone.cells": "Cells",
    "forms.zone.rows": "Rows", "forms.zone.group": "Group", "forms.zone.label": "Label", "forms.zone.lexicon": "Lexicon",
    "forms.zone.table": "Table", "forms.zone.multiline": "several lines", "forms.zone.required": "required",
    "forms.zone.keeps_print": "read with the print in it", "forms.zone.remove": "Delete zone", "forms.kind.text": "text",
    "forms.kind.checkbox": "checkbox", "forms.kind.comb": "comb", "forms.kind.column": "table column",
    "forms.tried": "What the form says", "forms.field": "Field", "forms.value": "Value", "forms.sureness": "Sureness",
    "forms.review": "{count} fields need a person", "forms.clear": "No field needs a person", "forms.check": "Check {kind}: {state}",
    "forms.state.passed": "passed", "forms.state.repaired": "repaired", "forms.state.failed": "failed", "forms.state.skipped": "skipped",
    "forms.yes": "yes", "forms.no": "no", "forms.empty": "(empty)", "forms.nameless": "Name the template first",
    "forms.badcheck": "This check cannot be understood: {row}", "forms.typed": "of its own",
  },
};
