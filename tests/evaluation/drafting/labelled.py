"""Drafts as a small model writes them, good and bad, and what is right to say of each without a model.

`GOOD` drafts pass all guards that are rules, `READER` ones do as well: only somebody who reads the quote sees
what is wrong. The others name the guard that has to leave them out. `MISSED` ones are bad, and pass: a rule
that saw them would cost good questions.
"""

from typing import NamedTuple

GOOD, READER, MISSED = "", "reader", "missed"


class Labelled(NamedTuple):
    """A draft, and the guard that is right to leave it out."""

    guard: str
    type: str
    question: str
    answer: str
    quote: str
    why: str


ENGLISH = [
    Labelled(
        GOOD,
        "short",
        "Who decides on longer bookings of the study room in the town library?",
        "The head of the library",
        "The head of the library decides on longer bookings.",
        "a fact",
    ),
    Labelled(
        GOOD,
        "number",
        "How much is a guided tour of the Harbour Museum?",
        "12 euros",
        "A guided tour of the Harbour Museum costs 12 euros.",
        "a number",
    ),
    Labelled(
        GOOD,
        "number",
        "How many old ships does the Harbour Museum own?",
        "six",
        "The Harbour Museum owns 6 old ships.",
        "a number in words",
    ),
    Labelled(
        GOOD,
        "number",
        "What does roaming cost with a card of Lilleby Mobile in 2025?",
        "EUR 1.30 per gigabyte",
        "It is EUR 1.30 in 2025 and EUR 1.10 in 2026.",
        "the amount stands in the quote, what it is paid for above it",
    ),
    Labelled(
        GOOD,
        "yesno",
        "Can passengers get their money back when the ferry to Lilleby is cancelled?",
        "Yes",
        "Passengers get their money back when the ferry to Lilleby is cancelled.",
        "yes or no, with a clause that begins with when",
    ),
    Labelled(
        GOOD,
        "yesno",
        "Does Lilleby castle charge visitors who are younger than 18?",
        "No",
        "Visitors under 18 enter Lilleby castle free of charge.",
        "yes or no, with a clause that begins with who",
    ),
    Labelled(
        GOOD,
        "yesno",
        "Under Regulation (EU) 2021/782, may a railway refuse a folded bicycle?",
        "No",
        "A folded bicycle is luggage under Regulation (EU) 2021/782.",
        "yes or no, behind brackets",
    ),
    Labelled(
        GOOD,
        "list",
        "Which things may be kept in an allotment shed over winter?",
        "Tools, seeds, garden furniture",
        "Tools, seeds and garden furniture may be kept in it over winter.",
        "a list",
    ),
    Labelled(
        GOOD,
        "procedure",
        "What does a guest of the Lilleby pool have to do to get a new locker key?",
        "Report the loss at the desk, pay 15 euros and sign the list",
        "For a new key, report the loss at the desk, pay 15 euros and sign the list.",
        "steps",
    ),
    Labelled(
        GOOD,
        "short",
        "What must the tour operator hand out before a package tour to Lilleby begins?",
        "A written programme",
        "The tour operator hands out a written programme.",
        "a role that says whose",
    ),
    Labelled(
        GOOD,
        "short",
        "If the last tram to Lilleby is missed, which bus runs the following morning?",
        "The number 9 bus",
        "In the morning the number 9 bus takes the place of the tram.",
        "the following morning points at nothing outside",
    ),
    Labelled(
        GOOD,
        "short",
        "What does Article 7 of the Lilleby ferry regulation grant passengers of a cancelled crossing?",
        "A refund or another crossing",
        "Article 7 grants them a refund or another crossing.",
        "an article of a law that is named",
    ),
    Labelled(
        GOOD,
        "number",
        "If somebody loses the card of the town library, how much must they pay?",
        "5 euros",
        "A new card costs 5 euros.",
        "they, after what they stands for",
    ),
    Labelled(
        GOOD,
        "short",
        "Who wrote Faust?",
        "Goethe",
        "Faust was written by Goethe.",
        "few words, but a name",
    ),
    Labelled(
        GOOD,
        "unanswerable",
        "In which languages are the tours of the Harbour Museum held?",
        "",
        "",
        "no answer",
    ),
    Labelled(
        READER,
        "yesno",
        "Is the Harbour Museum open on Mondays?",
        "Yes",
        "The Harbour Museum is closed on Mondays.",
        "the wrong sense",
    ),
    Labelled(
        "alone",
        "short",
        "What does the document say about dogs in the Harbour Museum?",
        "Dogs on a lead",
        "Dogs on a lead may enter the Harbour Museum.",
        "the document",
    ),
    Labelled(
        "alone",
        "number",
        "What is the fee for the tour that is mentioned in the passage?",
        "12 euros",
        "A tour costs 12 euros.",
        "the passage",
    ),
    Labelled("alone", "number", "How high is it?", "40 metres", "It is 40 metres high.", "it"),
    Labelled(
        "alone",
        "number",
        "How long are they open on Sundays?",
        "6 hours",
        "On Sundays they open for 6 hours.",
        "they",
    ),
    Labelled(
        "alone",
        "short",
        "What is the name of the company?",
        "Nordline",
        "The company is called Nordline.",
        "the company",
    ),
    Labelled(
        "alone",
        "short",
        "What are the opening hours?",
        "From ten to five",
        "It opens from ten to five.",
        "of whatever",
    ),
    Labelled(
        "alone",
        "list",
        "What does a ticket include?",
        "Museum, garden",
        "A ticket includes museum and garden.",
        "a ticket to whatever",
    ),
    Labelled(
        "alone",
        "short",
        "According to Section 4, who pays for a lost key?",
        "The guest",
        "The guest pays for a lost key.",
        "a section of whatever",
    ),
    Labelled(
        "form",
        "number",
        "How much is a ticket to the Harbour Museum and when does it open?",
        "12 euros",
        "A ticket costs 12 euros.",
        "two questions",
    ),
    Labelled(
        "form",
        "yesno",
        "When does the Harbour Museum open in winter?",
        "Yes",
        "The Harbour Museum opens at ten.",
        "not to be answered with yes",
    ),
    Labelled(
        "form",
        "list",
        "What may visitors bring into the Harbour Museum?",
        "a dog",
        "Visitors may bring a dog.",
        "a list of one",
    ),
    Labelled(
        "form",
        "short",
        "渔港博物馆的馆长是谁？",
        "Ann Lee",
        "The head of the Harbour Museum is Ann Lee.",
        "another language",
    ),
    Labelled(
        "grounded",
        "number",
        "How much is a guided tour of the Harbour Museum?",
        "15 euros",
        "A guided tour of the Harbour Museum costs 12 euros.",
        "another number",
    ),
    Labelled(
        "grounded",
        "short",
        "Which museum shows the old ships of the Harbour Museum?",
        "Harbour Museum",
        "The old ships are shown by the Harbour Museum.",
        "given away",
    ),
]
ENGLISH += [
    Labelled(
        GOOD,
        "short",
        "When there is a storm, which harbour do the ferries to Seal Island use?",
        "Port Anders",
        "In a storm they sail from Port Anders.",
        "there is",
    ),
    Labelled(
        "alone",
        "number",
        "How many people can it hold at once?",
        "60 people",
        "It holds 60 people.",
        "it, late",
    ),
    Labelled(
        MISSED, "short", "Where can one buy them?", "At the desk", "They are sold at the desk.", "buy what?"
    ),
]
CHINESE = [
    Labelled(
        GOOD,
        "short",
        "在市图书馆，自习室预约超过两小时由谁决定？",
        "馆长",
        "更长的预约由馆长决定。",
        "a fact",
    ),
    Labelled(GOOD, "number", "渔港博物馆的成人票多少钱？", "12元", "渔港博物馆成人票12元。", "a number"),
    Labelled(
        GOOD, "number", "渔港博物馆一共有多少件船模型？", "300件", "渔港博物馆共有三百件船模型。", "in digits"
    ),
    Labelled(GOOD, "number", "去灯塔岛的轮渡每天有几班？", "三班", "去灯塔岛的轮渡每天三班。", "in words"),
    Labelled(GOOD, "yesno", "渔港博物馆的展厅里可以拍照吗？", "是", "渔港博物馆各展厅均可拍照。", "yes"),
    Labelled(
        GOOD,
        "yesno",
        "本科生参观渔港博物馆要不要买票？",
        "否",
        "在校学生免费参观渔港博物馆。",
        "a 本 in a word",
    ),
    Labelled(GOOD, "yesno", "老年人参观渔港博物馆是否免票？", "是", "老年人免票参观渔港博物馆。", "whether"),
    Labelled(
        GOOD,
        "short",
        "游客在渔港博物馆丢了寄存牌该找谁？",
        "服务台",
        "丢了寄存牌请找服务台。",
        "该 is should",
    ),
    Labelled(
        GOOD,
        "short",
        "误了去灯塔岛的船，乘客应该在什么地方改签？",
        "二号码头",
        "误船的乘客在二号码头改签。",
        "应该",
    ),
    Labelled(
        GOOD, "short", "灯塔岛的船票改签以后，因此多出的差价由谁承担？", "旅客", "差价由旅客承担。", "因此"
    ),
    Labelled(
        GOOD,
        "short",
        "去灯塔岛的轮渡因大雾停航时，这种情况下票款怎样退？",
        "全额退",
        "因大雾停航的全额退票。",
        "这种, after it was said",
    ),
    Labelled(
        GOOD,
        "list",
        "渔港博物馆的二楼展出哪些物品？",
        "船锚、渔网、灯塔模型",
        "二楼展出船锚、渔网、灯塔模型和航海图。",
        "a list",
    ),
    Labelled(
        GOOD,
        "procedure",
        "在游泳馆丢了储物柜钥匙，怎样补办？",
        "先到服务台挂失，再交15元",
        "须先到服务台挂失，再交15元。",
        "steps",
    ),
    Labelled(GOOD, "unanswerable", "渔港博物馆的讲解有哪些语言可选？", "", "", "no answer"),
    Labelled(READER, "yesno", "渔港博物馆周一开放吗？", "是", "渔港博物馆周一闭馆。", "the wrong sense"),
    Labelled("alone", "short", "本文主要介绍了什么博物馆？", "渔港博物馆", "本文介绍渔港博物馆。", "本文"),
    Labelled("alone", "short", "文中提到的博物馆在哪个城市？", "青岛", "博物馆在青岛。", "文中"),
    Labelled("alone", "short", "该馆每周哪一天闭馆？", "周一", "每周一闭馆。", "该, of a thing"),
    Labelled(
        "alone",
        "short",
        "参观者进入该景区要出示什么证件？",
        "身份证",
        "入园须出示身份证。",
        "该, after a verb",
    ),
    Labelled("alone", "number", "它的门票要多少钱？", "12元", "门票12元。", "它"),
    Labelled("alone", "number", "门票多少钱？", "12元", "门票12元。", "a ticket to whatever"),
    Labelled("alone", "number", "两处相距多少公里？", "2公里", "两处相距2公里。", "which two?"),
    Labelled(
        "alone",
        "short",
        "根据第十二条，退货的运费由谁承担？",
        "消费者",
        "退货的运费由消费者承担。",
        "an article of whatever",
    ),
    Labelled(
        "form",
        "number",
        "渔港博物馆的门票多少钱，几点开门？",
        "12元",
        "门票12元，10点开门。",
        "two questions",
    ),
    Labelled(
        "form",
        "yesno",
        "渔港博物馆什么时候开门？",
        "是",
        "渔港博物馆10点开门。",
        "not to be answered with yes",
    ),
    Labelled("form", "list", "渔港博物馆的一楼展出哪些物品？", "船锚", "一楼展出船锚。", "a list of one"),
    Labelled(
        "form", "short", "What is shown on the first floor?", "船锚", "一楼展出船锚。", "another language"
    ),
    Labelled(
        "grounded", "number", "渔港博物馆的成人票多少钱？", "15元", "渔港博物馆成人票12元。", "another number"
    ),
    Labelled(
        "grounded",
        "short",
        "渔港博物馆的名称是什么？",
        "渔港博物馆",
        "渔港博物馆是一座博物馆。",
        "given away",
    ),
    Labelled(
        MISSED, "short", "城堡是谁在1603年建成的？", "德川家康", "德川家康于1603年建成城堡。", "which castle?"
    ),
    Labelled(
        GOOD,
        "short",
        "撞坏他人的船只，应当向临港的哪个部门报告？",
        "港务局",
        "撞坏船只的，向港务局报告。",
        "他人",
    ),
    Labelled(
        GOOD, "list", "除了身份证，渔港博物馆还认其他哪些证件？", "护照、学生证", "护照、学生证亦可。", "其他"
    ),
    Labelled(
        "alone", "short", "第三条规定了谁的义务？", "船东", "第三条是船东的义务。", "第三条 of whatever"
    ),
    Labelled(
        MISSED,
        "list",
        "申请人需要提交什么材料？",
        "护照、照片",
        "申请人提交护照和照片。",
        "who applies for what?",
    ),
]
