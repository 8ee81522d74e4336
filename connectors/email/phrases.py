"""The words mail programs put around quoted mails, signatures and absence notes, in the languages we know."""

from __future__ import annotations

import re


def _words(table: str) -> list[str]:
    words = {word.strip() for line in table.strip().splitlines() for word in line.split("|")}
    return sorted(words - {""}, key=len, reverse=True)


def _any(table: str) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in _words(table))


_WROTE = """
wrote | writes | schrieb | schreibt | geschrieben | a écrit | écrit | a ecrit | escribió | escribio | escribe
ha scritto | scrive | escreveu | escreve | schreef | heeft geschreven | geschreven | het volgende geschreven
skrev | skrifaði | kirjoitti | kirjutas | napisał(a) | napisał | napisała | pisze | napsal(a) | napsal | napsala
napísal(a) | napísal | napísala | píše | ezt írta | írta | a scris | пишет | написал(а) | написал | написала
писал(а) | пише | написав | написав(ла) | написа | έγραψε | έγραψες | yazdı | şunu yazdı | şunları yazdı | כתב
כתבה | כתב/ה | כתב(ה) | كتب | كتبت | نوشت | نوشته است | 写道 | 寫道 | 님이 작성 | 작성
님이 다음과 같이 썼습니다 | 書きました | のメール | đã viết | viết | เขียนว่า | เขียน | menulis | va escriure
ha escrit | rakstīja | rašė | parašė | je napisao | je napisala | je napisao/la | je napisao/napisala
napisao je | је написао | је написала | је написао/ла | je oseba | je napisal | ने लिखा | লিখেছেন | idatzi du
escribiu | ag skryf | het geskryf
"""
_QUOTING = """
quoting | zitat von | zitiere | citando | citando a | citaat van | citat | citace
"""
_STARTS = """
on | am | le | el | il | em | op | den | dne | dňa | dana | w dniu | dnia | în | la | data | в | у | στις | na
a | il giorno | le jour | tarihinde | vào | pada | בתאריך | في | در تاریخ | ב- | dia | no dia | il dì | van
från | von | de | lähettäjä | kl
"""
_ORIGINAL = """
ursprüngliche mail | original message | original mail | original email | original appointment
ursprüngliche nachricht | originalnachricht | original-nachricht | ursprungliche nachricht | message d'origine
message original | message d’origine | courriel original | mensaje original | mensaje origen
messaggio originale | messaggio originario | mensagem original | oorspronkelijk bericht
oorspronkelijke bericht | origineel bericht | ursprungligt meddelande | originalmeddelande
ursprüngliche e-mail | oprindelig meddelelse | oprindelig besked | original meddelelse | opprinnelig melding
original melding | alkuperäinen viesti | oryginalna wiadomość | wiadomość oryginalna | wiadomość pierwotna
původní zpráva | původní e-mail | pôvodná správa | eredeti üzenet | mesaj original | mesajul original
исходное сообщение | пересылаемое сообщение | оригинальное сообщение | вихідне повідомлення
оригінал повідомлення | оригинално съобщение | αρχικό μήνυμα | özgün ileti | özgün mesaj | orijinal mesaj
orijinal ileti | ההודעה המקורית | הודעה מקורית | الرسالة الأصلية | رسالة أصلية | پیام اصلی | 原始邮件 | 原邮件
原始郵件 | 原文 | 元のメッセージ | 元のメール | original | 원본 메시지 | 원본 메일 | 원본 이메일 | thư gốc
tin nhắn gốc | ข้อความต้นฉบับ | ข้อความเดิม | pesan asli | missatge original | algne kiri | algne sõnum
sākotnējais ziņojums | originalus laiškas | izvorna poruka | originalna poruka | izvirno sporočilo
оригинална порука | replied message | reply message | antwort nachricht | mail original
"""
_FORWARDED = """
forwarded message | forwarded mail | begin forwarded message | weitergeleitete nachricht
anfang der weitergeleiteten nachricht | message transféré | message transmis | début du message réexpédié
début du message transféré | mensaje reenviado | inicio del mensaje reenviado | messaggio inoltrato
inizio messaggio inoltrato | mensagem encaminhada | mensagem reencaminhada | início da mensagem encaminhada
início da mensagem reencaminhada | doorgestuurd bericht | begin doorgestuurd bericht
vidarebefordrat meddelande | vidarebefordrat brev | vidarebefordrat mejl | videresendt meddelelse
videresendt melding | start på videresendt besked | videresendt mail | edelleenlähetetty viesti
välitetty viesti | välitetty viesti alkaa | wiadomość przekazana | przekazana wiadomość
początek przekazywanej wiadomości | přeposlaná zpráva | začátek přeposlané zprávy | preposlaná správa
továbbított üzenet | továbbított levél | mesaj redirecționat | mesaj redirectionat | пересланное сообщение
перенаправленное сообщение | начало переадресованного сообщения | переслане повідомлення | препратено съобщение
προωθημένο μήνυμα | iletilen ileti | iletilmiş mesaj | yönlendirilen ileti | הודעה שהועברה
الرسالة المعاد توجيهها | رسالة معاد توجيهها | پیام هدایت شده | 转发的邮件 | 轉寄的郵件 | 转发邮件 | 轉寄郵件
転送されたメッセージ | 転送メッセージ | 전달된 메시지 | 전달된 메일 | thư đã chuyển tiếp
tin nhắn được chuyển tiếp | ข้อความที่ส่งต่อ | pesan terusan | pesan yang diteruskan | missatge reenviat
edastatud kiri | pārsūtītais ziņojums | persiųstas laiškas | proslijeđena poruka
"""
_FROM = """
from | von | de | da | van | från | fra | lähettäjä | od | odesílatel | feladó | expeditor | de la | от
от кого | від | від кого | από | kimden | gönderen | מאת | من | از | 发件人 | 寄件者 | 寄件人 | 差出人 | 送信者
보낸사람 | 보낸 사람 | từ | จาก | dari | saatja | no | nuo | šalje | пошиљалац | kellelt | 發件人
"""
_SENT = """
sent | gesendet | envoyé | date d'envoi | enviado | enviado el | enviada em | enviado em | enviada | inviato
verzonden | skickat | skickades | sendt | lähetetty | wysłano | wysłane | odesláno | odoslané | elküldve
küldve | trimis | отправлено | надіслано | изпратено | στάλθηκε | εστάλη | gönderildi | gönderme tarihi | נשלח
تاريخ الإرسال | تم الإرسال | ارسال شده | 发送时间 | 寄件日期 | 傳送時間 | 发送日期 | 送信日時 | 보낸날짜
보낸 날짜 | đã gửi | gửi | ส่ง | ส่งเมื่อ | dikirim | saadetud | nosūtīts | išsiųsta | siųsta | poslano
посла́но | послато | enviat | sendingsdato
"""
_DATE = """
date | datum | fecha | data | dato | päivämäärä | päiväys | dátum | дата | ημερομηνία | tarih | תאריך | التاريخ
تاریخ | 日期 | 时间 | 日付 | 日時 | 날짜 | ngày | วันที่ | tanggal | kuupäev | datums
"""
_TO = """
to | an | à | a | para | per | aan | till | til | vastaanottaja | do | komu | pro | címzett | către | catre
кому | до | до кого | προς | kime | alıcı | אל | إلى | الى | به | 收件人 | 收件者 | 宛先 | 받는사람 | 받는 사람 | tới
đến | ถึง | kepada | untuk | saaja | kellele | kam | prima | za | прима
"""
_COPY = """
cc | kopie | copie | cópia | copia | kopia | kopio | dw | dw. | kopi | masolat | másolatot kap | копия | копія
κοιν | bilgi | עותק | نسخة | 抄送 | 副本 | 참조 | bcc | reply-to | antwort an | responder a | répondre à
importance | priority | priorität | attachments | anlagen | pièces jointes
"""
_SUBJECT = """
subject | betreff | objet | sujet | asunto | oggetto | assunto | onderwerp | ämne | emne | aihe | temat
předmět | predmet | tárgy | subiect | тема | относно | θέμα | konu | נושא | הנדון | الموضوع | موضوع | 主题
主旨 | 主題 | 件名 | 제목 | chủ đề | tiêu đề | เรื่อง | หัวเรื่อง | subjek | perihal | assumpte | teema | temats
tēma | tema | zadeva | наслов
"""
_MOBILE = """
get [outlook | sent from a phone | sent from mobile | sent from windows | sent by galaxy | from my iphone
verzonden met | sent from my | sent from mail for | sent from yahoo mail | sent from outlook | sent via
sent with proton mail | get outlook for | get bluemail for | sent from samsung | von meinem | gesendet von
gesendet mit | gesendet aus | diese nachricht wurde von meinem | envoyé de mon | envoyé depuis
envoyé à partir de | obtenez outlook | enviado desde mi | enviado desde | enviado do meu | enviado a partir
obtener outlook | obter o outlook | inviato da | inviato dal mio | scarica outlook | verstuurd vanaf mijn
verzonden vanaf | verstuurd vanuit | outlook voor | skickat från min | skickat från | hämta outlook
sendt fra min | sendt fra | hent outlook | lähetetty iphonesta | lähetetty | wysłane z | wysłano z
pobierz aplikację outlook | odesláno z | odoslané z | elküldve az | trimis de pe | trimis din | отправлено с
отправлено из | надіслано з | изпратено от | στάλθηκε από | iphone'umdan gönderildi | نشر من | أرسلت من
مرسل من | נשלח מה | 发自我的 | 來自我的 | 從我的 | iphoneから送信 | 나의 iphone에서 보냄 | 내 iphone에서 보냄
được gửi từ | gửi từ | ส่งจาก | dikirim dari | enviat des
"""
_ABSENT = """
automatic reply | auto reply | auto-reply | autoreply | auto response | autoresponse | auto-response
out of office | out of the office | away from my mail | on vacation | vacation reply | automatische antwort
abwesenheitsnotiz | abwesend | abwesenheit | ich bin nicht im büro | außer haus | réponse automatique
absence du bureau | absent du bureau | message d'absence | respuesta automática | respuesta automatica
fuera de la oficina | ausente de la oficina | risposta automatica | fuori sede | fuori ufficio
resposta automática | fora do escritório | ausência temporária | automatisch antwoord | afwezigheidsbericht
niet aanwezig | afwezig | automatiskt svar | autosvar | frånvaro | automatisk svar | fraværende
ikke på kontoret | automaattinen vastaus | poissa | poissaolo | odpowiedź automatyczna | automatyczna odpowiedź
autoodpowiedź | nieobecność | automatická odpověď | mimo kancelář | automatická odpoveď | automatikus válasz
távolléti üzenet | răspuns automat | автоматический ответ | автоответ | автоматична відповідь
автоматичен отговор | αυτόματη απάντηση | otomatik yanıt | otomatik cevap | ofis dışında | תשובה אוטומטית
מענה אוטומטי | الرد التلقائي | رد تلقائي | پاسخ خودکار | 自动回复 | 自動回覆 | 自動回復 | 自動応答 | 自動返信
자동 회신 | 자동 응답 | 부재중 | trả lời tự động | ตอบกลับอัตโนมัติ | balasan otomatis | jawapan automatik
resposta automàtica | automaatvastus | automātiska atbilde | automatinis atsakymas | automatski odgovor
samodejni odgovor
"""

QUOTING = re.compile(rf"(?:{_any(_QUOTING)})\s", re.I)
WROTE = re.compile(rf"(?<!\w)(?:{_any(_WROTE)})(?!\w)|写道|寫道|작성|쓴\s글|書きました|のメール|님이", re.I)
START = re.compile(rf"(?:{_any(_STARTS)})(?!\w)|\d", re.I)
SEPARATORS = frozenset(_words(_ORIGINAL) + _words(_FORWARDED))
"""The words between the dashes of `--- Original message ---`, lower-case."""
MOBILE = re.compile(rf"(?:{_any(_MOBILE)})", re.I)
ABSENT = re.compile(rf"\W*(?:(?:re|fw|fwd|aw|wg|tr|sv|vs)\s*:\s*)?(?:{_any(_ABSENT)})", re.I)


def _labels() -> dict[str, frozenset[str]]:
    kinds: dict[str, set[str]] = {}
    for kind, table in (
        ("from", _FROM),
        ("sent", _SENT),
        ("date", _DATE),
        ("to", _TO),
        ("copy", _COPY),
        ("subject", _SUBJECT),
    ):
        for word in _words(table):
            kinds.setdefault(word, set()).add(kind)
    return {word: frozenset(found) for word, found in kinds.items()}


LABELS = _labels()
"""A header label, lower-case, and the kinds it can mean; short words mean different things in different languages."""
