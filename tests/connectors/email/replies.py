"""Replies as ten mail programs write them in many languages, made from a table; nothing here is anybody's real mail."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

EARLIER = ["Hello Sam,", "the parcel left our store yesterday.", "", "Kind regards", "Maya"]


@dataclass(frozen=True)
class Tongue:
    """One language: what a customer answers, and how programs introduce the mail that is answered."""

    code: str
    answer: str
    gmail: str
    outlook: tuple[str, str, str, str]
    date: str
    original: str = ""
    thunderbird: str = ""


TONGUES = [
    Tongue("en", "Thanks, it has arrived.\n\nOne cup is broken, though.", "On Mon, Nov 2, 2026 at 10:15 AM Maya Lind <maya@example.com> wrote:", ("From", "Sent", "To", "Subject"), "Monday, November 2, 2026 10:15 AM", "Original Message", "On 11/2/26 10:15, Maya Lind wrote:"),
    Tongue("de", "Danke, es ist angekommen.\n\nEine Tasse ist kaputt.", "Am Mo., 2. Nov. 2026 um 10:15 Uhr schrieb Maya Lind <maya@example.com>:", ("Von", "Gesendet", "An", "Betreff"), "Montag, 2. November 2026 10:15", "Ursprüngliche Nachricht", "Am 02.11.26 um 10:15 schrieb Maya Lind:"),
    Tongue("fr", "Merci, il est arrivé.\n\nUne tasse est cassée : que faire ?", "Le lun. 2 nov. 2026 à 10:15, Maya Lind <maya@example.com> a écrit :", ("De", "Envoyé", "À", "Objet"), "lundi 2 novembre 2026 10:15", "Message d'origine", "Le 02/11/2026 à 10:15, Maya Lind a écrit :"),
    Tongue("es", "Gracias, ya llegó.\n\nUna taza está rota.", "El lun, 2 nov 2026 a las 10:15, Maya Lind (<maya@example.com>) escribió:", ("De", "Enviado", "Para", "Asunto"), "lunes, 2 de noviembre de 2026 10:15", "Mensaje original", "El 2/11/26 a las 10:15, Maya Lind escribió:"),
    Tongue("it", "Grazie, è arrivato.\n\nUna tazza è rotta.", "Il giorno lun 2 nov 2026 alle ore 10:15 Maya Lind <maya@example.com> ha scritto:", ("Da", "Inviato", "A", "Oggetto"), "lunedì 2 novembre 2026 10:15", "Messaggio originale", "Il 02/11/26 10:15, Maya Lind ha scritto:"),
    Tongue("pt", "Obrigado, chegou.\n\nUma chávena está partida.", "Em seg., 2 de nov. de 2026 às 10:15, Maya Lind <maya@example.com> escreveu:", ("De", "Enviado", "Para", "Assunto"), "segunda-feira, 2 de novembro de 2026 10:15", "Mensagem original", "Em 02/11/2026 10:15, Maya Lind escreveu:"),
    Tongue("nl", "Bedankt, het is aangekomen.\n\nEen kopje is stuk.", "Op ma 2 nov 2026 om 10:15 schreef Maya Lind <maya@example.com>:", ("Van", "Verzonden", "Aan", "Onderwerp"), "maandag 2 november 2026 10:15", "Oorspronkelijk bericht", "Op 02-11-2026 om 10:15 schreef Maya Lind:"),
    Tongue("sv", "Tack, det har kommit.\n\nEn kopp är trasig.", "Den mån 2 nov. 2026 kl 10:15 skrev Maya Lind <maya@example.com>:", ("Från", "Skickat", "Till", "Ämne"), "den 2 november 2026 10:15", "Ursprungligt meddelande", "Den 2026-11-02 kl. 10:15, skrev Maya Lind:"),
    Tongue("da", "Tak, den er kommet.\n\nEn kop er gået i stykker.", "Den man. 2. nov. 2026 kl. 10.15 skrev Maya Lind <maya@example.com>:", ("Fra", "Sendt", "Til", "Emne"), "2. november 2026 10:15", "Oprindelig meddelelse", "Den 02.11.2026 kl. 10.15 skrev Maya Lind:"),
    Tongue("no", "Takk, den har kommet.\n\nEn kopp er knust.", "man. 2. nov. 2026 kl. 10:15 skrev Maya Lind <maya@example.com>:", ("Fra", "Sendt", "Til", "Emne"), "mandag 2. november 2026 10:15", "Opprinnelig melding", "Den 02.11.2026 10:15, skrev Maya Lind:"),
    Tongue("fi", "Kiitos, se on tullut.\n\nYksi kuppi on rikki.", "ma 2. marrask. 2026 klo 10.15 Maya Lind (maya@example.com) kirjoitti:", ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"), "maanantai 2. marraskuuta 2026 10.15", "Alkuperäinen viesti", "Maya Lind kirjoitti 2.11.2026 klo 10.15:"),
    Tongue("pl", "Dziękuję, dotarło.\n\nJedna filiżanka jest stłuczona.", "pon., 2 lis 2026 o 10:15 Maya Lind <maya@example.com> napisał(a):", ("Od", "Wysłano", "Do", "Temat"), "poniedziałek, 2 listopada 2026 10:15", "Oryginalna wiadomość", "W dniu 2.11.2026 o 10:15, Maya Lind pisze:"),
    Tongue("cs", "Děkuji, dorazilo.\n\nJeden hrnek je rozbitý.", "po 2. 11. 2026 v 10:15 odesílatel Maya Lind <maya@example.com> napsal:", ("Od", "Odesláno", "Komu", "Předmět"), "pondělí 2. listopadu 2026 10:15", "Původní zpráva", "Dne 02. 11. 26 v 10:15 Maya Lind napsal(a):"),
    Tongue("sk", "Ďakujem, prišlo.\n\nJeden hrnček je rozbitý.", "po 2. 11. 2026 o 10:15 Maya Lind <maya@example.com> napísal(a):", ("Od", "Odoslané", "Komu", "Predmet"), "pondelok 2. novembra 2026 10:15", "Pôvodná správa", "Dňa 2. 11. 2026 o 10:15 Maya Lind napísal(a):"),
    Tongue("hu", "Köszönöm, megjött.\n\nAz egyik csésze eltört.", "Maya Lind <maya@example.com> ezt írta (időpont: 2026. nov. 2., H, 10:15):", ("Feladó", "Elküldve", "Címzett", "Tárgy"), "2026. november 2., hétfő 10:15", "Eredeti üzenet", "2026. 11. 02. 10:15 keltezéssel, Maya Lind írta:"),
    Tongue("ro", "Mulțumesc, a ajuns.\n\nO ceașcă este spartă.", "În lun., 2 nov. 2026 la 10:15, Maya Lind <maya@example.com> a scris:", ("De la", "Trimis", "Către", "Subiect"), "luni, 2 noiembrie 2026 10:15", "Mesaj original", "În 02.11.2026 10:15, Maya Lind a scris:"),
    Tongue("ru", "Спасибо, посылка пришла.\n\nОдна чашка разбита.", "пн, 2 нояб. 2026 г. в 10:15, Maya Lind <maya@example.com>:", ("От", "Отправлено", "Кому", "Тема"), "2 ноября 2026 г. 10:15", "Исходное сообщение", "02.11.2026 10:15, Maya Lind пишет:"),
    Tongue("uk", "Дякую, посилка прийшла.\n\nОдна чашка розбита.", "пн, 2 лист. 2026 р. о 10:15 Maya Lind <maya@example.com> пише:", ("Від", "Надіслано", "Кому", "Тема"), "2 листопада 2026 р. 10:15", "Вихідне повідомлення", "02.11.26 10:15, Maya Lind пише:"),
    Tongue("bg", "Благодаря, пристигна.\n\nЕдна чаша е счупена.", "На пн, 2.11.2026 г. в 10:15 Maya Lind <maya@example.com> написа:", ("От", "Изпратено", "До", "Относно"), "понеделник, 2 ноември 2026 г. 10:15", "Оригинално съобщение", "На 2.11.26 г. в 10:15 ч., Maya Lind написа:"),
    Tongue("el", "Ευχαριστώ, έφτασε.\n\nΈνα φλιτζάνι έσπασε.", "Στις Δευ 2 Νοε 2026 στις 10:15 π.μ., ο χρήστης Maya Lind <maya@example.com> έγραψε:", ("Από", "Στάλθηκε", "Προς", "Θέμα"), "Δευτέρα, 2 Νοεμβρίου 2026 10:15 πμ", "Αρχικό μήνυμα", "Στις 2/11/26 10:15, ο/η Maya Lind έγραψε:"),
    Tongue("tr", "Teşekkürler, geldi.\n\nBir fincan kırık.", "Maya Lind <maya@example.com>, 2 Kas 2026 Pzt, 10:15 tarihinde şunu yazdı:", ("Kimden", "Gönderildi", "Kime", "Konu"), "2 Kasım 2026 Pazartesi 10:15", "Orijinal Mesaj", "2.11.2026 10:15 tarihinde Maya Lind yazdı:"),
    Tongue("he", "תודה, זה הגיע.\n\nספל אחד שבור.", "\u202bבתאריך יום ב׳, 2 בנוב׳ 2026 ב-10:15 מאת \u202aMaya Lind\u202c\u200f <\u202amaya@example.com\u202c\u200f>:\u202c", ("מאת", "נשלח", "אל", "נושא"), "יום שני 2 נובמבר 2026 10:15", "הודעה מקורית", "בתאריך 02/11/2026 בשעה 10:15, Maya Lind כתב:"),
    Tongue("ar", "شكرا، لقد وصل.\n\nكوب واحد مكسور.", "في الاثنين، 2 نوفمبر 2026 في 10:15 ص تمت كتابة ما يلي بواسطة \u202aMaya Lind\u202c\u200f <\u202amaya@example.com\u202c\u200f>:", ("من", "تم الإرسال", "إلى", "الموضوع"), "02 نوفمبر 2026 10:15", "الرسالة الأصلية", "في 02/11/2026 10:15، كتب Maya Lind:"),
    Tongue("fa", "ممنون، رسید.\n\nیک فنجان شکسته است.", "در تاریخ دوشنبه ۲ نوامبر ۲۰۲۶،\u200f ۱۰:۱۵ Maya Lind <maya@example.com> نوشت:", ("از", "ارسال شده", "به", "موضوع"), "دوشنبه ۲ نوامبر ۲۰۲۶ ۱۰:۱۵", "پیام اصلی"),
    Tongue("ja", "ありがとうございます、届きました。\n\nカップが一つ割れていました。", "2026年11月2日(月) 10:15 Maya Lind <maya@example.com>:", ("差出人", "送信日時", "宛先", "件名"), "2026年11月2日 10:15", "元のメッセージ", "On 2026/11/02 10:15, Maya Lind wrote:"),
    Tongue("zh-CN", "谢谢，已经收到。\n\n有一个杯子碎了。", "Maya Lind <maya@example.com> 于2026年11月2日周一 10:15写道：", ("发件人", "发送时间", "收件人", "主题"), "2026年11月2日 10:15", "原始邮件", "在 2026/11/2 10:15, Maya Lind 写道:"),
    Tongue("zh-TW", "謝謝，已經收到。\n\n有一個杯子碎了。", "Maya Lind <maya@example.com> 於 2026年11月2日 週一 上午10:15寫道：", ("寄件者", "寄件日期", "收件者", "主旨"), "2026年11月2日 上午 10:15", "原始郵件", "Maya Lind 於 2026/11/2 10:15 寫道:"),
    Tongue("ko", "감사합니다, 도착했습니다.\n\n컵 하나가 깨졌어요.", "2026년 11월 2일 (월) 오전 10:15, Maya Lind <maya@example.com>님이 작성:", ("보낸 사람", "보낸 날짜", "받는 사람", "제목"), "2026년 11월 2일 월요일 오전 10:15", "원본 메시지", "2026-11-02 10:15에 Maya Lind 이(가) 쓴 글:"),
    Tongue("vi", "Cảm ơn, hàng đã đến.\n\nMột chiếc cốc bị vỡ.", "Vào Th 2, 2 thg 11, 2026 vào lúc 10:15 Maya Lind <maya@example.com> đã viết:", ("Từ", "Đã gửi", "Đến", "Chủ đề"), "Thứ Hai, 2 tháng 11, 2026 10:15", "Thư gốc", "Vào 02/11/2026 10:15, Maya Lind đã viết:"),
    Tongue("th", "ขอบคุณ ได้รับแล้ว\n\nถ้วยหนึ่งใบแตก", "ในวันที่ จ. 2 พ.ย. 2026 เวลา 10:15 Maya Lind <maya@example.com> เขียนว่า:", ("จาก", "ส่ง", "ถึง", "เรื่อง"), "วันจันทร์ 2 พฤศจิกายน 2026 10:15", "ข้อความต้นฉบับ"),
    Tongue("id", "Terima kasih, sudah sampai.\n\nSatu cangkir pecah.", "Pada tanggal Sen, 2 Nov 2026 pukul 10.15 Maya Lind <maya@example.com> menulis:", ("Dari", "Dikirim", "Kepada", "Subjek"), "Senin, 02 November 2026 10.15", "Pesan asli", "Pada 02/11/26 10.15, Maya Lind menulis:"),
]  # fmt: skip


@dataclass(frozen=True)
class Reply:
    name: str
    raw: bytes
    answer: str


def replies() -> Iterator[Reply]:
    for tongue in TONGUES:
        for program in (
            gmail,
            gmail_wrapped,
            outlook_desktop,
            outlook_web,
            old_outlook,
            apple,
            thunderbird,
            yahoo,
            gmx,
            phone,
        ):
            for kind in ("text", "html", "both"):
                made = program(tongue)
                if made is None:
                    continue
                text, html = made
                raw = mail(text if kind != "html" else "", html if kind != "text" else "")
                yield Reply(f"{tongue.code}-{program.__name__}-{kind}", raw, tongue.answer)


def mail(text: str, html: str = "", **more: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    for name, value in {
        "From": "Sam Fox <sam@example.com>",
        "To": "support@example.org",
        "Subject": "Re: Your order",
        "Date": "Mon, 02 Nov 2026 11:00:00 +0100",
        "Message-ID": "<sam1@example.com>",
        **more,
    }.items():
        message[name] = value
    if text:
        message.set_content(text, cte="base64")
    if html and text:
        message.add_alternative(html, subtype="html", cte="base64")
    elif html:
        message.set_content(html, subtype="html", cte="base64")
    return message.as_bytes()


def _quoted(lines: list[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _html(text: str, tag: str = "div") -> str:
    return "".join(f"<{tag}>{escape(line) if line else '<br>'}</{tag}>" for line in text.split("\n"))


def gmail(tongue: Tongue) -> tuple[str, str]:
    text = f"{tongue.answer}\n\n{tongue.gmail}\n\n{_quoted(EARLIER)}\n"
    html = (
        f'<div dir="ltr">{_html(tongue.answer)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{escape(tongue.gmail)}<br></div><blockquote class="gmail_quote" '
        f'style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">'
        f'<div dir="ltr">{_html(chr(10).join(EARLIER))}</div></blockquote></div>'
    )
    return text, html


def gmail_wrapped(tongue: Tongue) -> tuple[str, str] | None:
    """Long introductions are broken before the address."""
    if " <" not in tongue.gmail:
        return None
    text, html = gmail(tongue)
    return text.replace(tongue.gmail, tongue.gmail.replace(" <", "\n<")), html


def _header_lines(tongue: Tongue) -> list[str]:
    values = ("Maya Lind <maya@example.com>", tongue.date, "Sam Fox <sam@example.com>", "Your order")
    return [f"{label}: {value}" for label, value in zip(tongue.outlook, values, strict=True)]


def outlook_desktop(tongue: Tongue) -> tuple[str, str]:
    text = "\n".join([tongue.answer, "", *_header_lines(tongue), "", *EARLIER, ""])
    bold = "<br>".join(
        f"<b>{label}:</b> {escape(line.partition(': ')[2])}"
        for label, line in zip(tongue.outlook, _header_lines(tongue), strict=True)
    )
    html = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{margin:0cm}</style></head>'
        f'<body lang="EN"><div class="WordSection1">{_word(tongue.answer)}<p class="MsoNormal"><o:p>&nbsp;</o:p></p>'
        '<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        f'<p class="MsoNormal">{bold}<o:p></o:p></p></div></div><p class="MsoNormal"><o:p>&nbsp;</o:p></p>'
        f"{_word(chr(10).join(EARLIER))}</div></body></html>"
    )
    return text, html


def _word(text: str) -> str:
    return "".join(f'<p class="MsoNormal">{escape(line) or "&nbsp;"}<o:p></o:p></p>' for line in text.split("\n"))


def outlook_web(tongue: Tongue) -> tuple[str, str]:
    text = "\n".join([tongue.answer, "", "_" * 32, *_header_lines(tongue), "", *EARLIER, ""])
    bold = "<br>".join(
        f"<b>{escape(line.partition(': ')[0])}:</b> {escape(line.partition(': ')[2])}" for line in _header_lines(tongue)
    )
    html = (
        f'<html><body dir="ltr"><div class="elementToProof">{_html(tongue.answer)}</div><div id="appendonsend"></div>'
        f'<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri, sans-serif">{bold}</font><div>&nbsp;</div></div>{_html(chr(10).join(EARLIER))}</body></html>'
    )
    return text, html


def old_outlook(tongue: Tongue) -> tuple[str, str] | None:
    if not tongue.original:
        return None
    lines = [tongue.answer, "", f"-----{tongue.original}-----", *_header_lines(tongue), "", *EARLIER]
    text = "\n".join([*lines, ""])
    return text, "<html><body>" + "<br>".join(escape(line) for line in text.split("\n")) + "</body></html>"


def apple(tongue: Tongue) -> tuple[str, str]:
    text = f"{tongue.answer}\n\n{_quoted([tongue.gmail, '', *EARLIER])}\n"
    html = (
        f'<html><body style="overflow-wrap: break-word;">{_html(tongue.answer)}<div><br><blockquote type="cite">'
        f'<div>{escape(tongue.gmail)}</div><br class="Apple-interchange-newline"><div>{_html(chr(10).join(EARLIER))}</div>'
        "</blockquote></div><br></body></html>"
    )
    return text, html


def thunderbird(tongue: Tongue) -> tuple[str, str] | None:
    if not tongue.thunderbird:
        return None
    text = f"{tongue.answer}\n\n{tongue.thunderbird}\n{_quoted(EARLIER)}\n"
    html = (
        f'<html><body><p>{escape(tongue.answer).replace(chr(10), "<br>")}</p><div class="moz-cite-prefix">{escape(tongue.thunderbird)}<br></div>'
        f'<blockquote type="cite" cite="mid:maya1@example.com">{_html(chr(10).join(EARLIER))}</blockquote></body></html>'
    )
    return text, html


def yahoo(tongue: Tongue) -> tuple[str, str]:
    text = "\n".join([tongue.answer, "", f"    {tongue.gmail}", " ", *(f"  {line}" for line in EARLIER), ""])
    html = (
        f'<html><body><div class="ydp1yahoo-style-wrap"><div dir="ltr">{_html(tongue.answer)}</div><div><br></div></div>'
        f'<div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted"><div><div>{escape(tongue.gmail)}</div><div><br></div>'
        f"<div><div>{_html(chr(10).join(EARLIER))}</div></div></div></div></body></html>"
    )
    return text, html


def gmx(tongue: Tongue) -> tuple[str, str]:
    lines = _header_lines(tongue)
    reordered = [lines[1], lines[0], lines[2], lines[3]]
    text = "\n".join([tongue.answer, "", *reordered, "", *EARLIER, ""])
    bold = "<br>".join(
        f"<b>{escape(line.partition(': ')[0])}:</b>&nbsp;{escape(line.partition(': ')[2])}" for line in reordered
    )
    html = (
        f'<html><body><div style="font-family: Verdana"><div>{_html(tongue.answer)}</div><div>&nbsp;<div name="quote" '
        f'style="margin:10px 5px 5px 10px; border-left:2px solid #C3D9E5;"><div style="margin:0 0 10px 0;">{bold}</div>'
        f'<div name="quoted-content">{_html(chr(10).join(EARLIER))}</div></div></div></div></body></html>'
    )
    return text, html


def phone(tongue: Tongue) -> tuple[str, str]:
    """With the phone's signature between answer and quote."""
    text = f"{tongue.answer}\n\nSent from my iPhone\n\n{_quoted([tongue.gmail, '', *EARLIER])}\n"
    html = (
        f'<html><body dir="auto">{_html(tongue.answer)}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Sent from my iPhone</div>'
        f'<div dir="ltr"><br><blockquote type="cite">{escape(tongue.gmail)}<br><br></blockquote></div>'
        f'<blockquote type="cite"><div dir="ltr">{_html(chr(10).join(EARLIER))}</div></blockquote></body></html>'
    )
    return text, html
