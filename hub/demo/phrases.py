"""What the sample's crowd asks, and what the shop answers, in the customers' own languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One exchange; `{order}` and `{size}` are filled in."""

    subject: str
    asks: str
    answer: str
    thanks: str
    tag: str = ""

    def about(self, order: str, size: str) -> Topic:
        def fill(words: str) -> str:
            return words.format(order=order, size=size)

        return Topic(fill(self.subject), fill(self.asks), fill(self.answer), fill(self.thanks), self.tag)


@dataclass(frozen=True, slots=True)
class Tongue:
    names: tuple[str, ...]
    families: tuple[str, ...]
    topics: tuple[Topic, ...]
    family_first: bool = False

    def name(self, number: int) -> str:
        """A different one for each number, as long as there are any."""
        given = self.names[number % len(self.names)]
        family = self.families[(number // len(self.names) + number) % len(self.families)]
        return f"{family}{given}" if self.family_first else f"{given} {family}"


TONGUES: dict[str, Tongue] = {
    "en": Tongue(
        ("Alice", "Tom", "Nadia", "George", "Isla", "Ravi", "Freya", "Callum", "Zoe", "Hugh", "Maeve", "Idris"),
        ("Barnes", "Clarke", "Doyle", "Evans", "Fraser", "Gill", "Hayes", "Iqbal", "Jarvis", "Kerr", "Lowe"),
        (
            Topic(
                "Where is order {order}?",
                "Hello, order {order} should have been here on Tuesday. Where is it?",
                "It left our depot this morning and is with you tomorrow before noon.",
                "It just arrived, thank you.",
                "delivery",
            ),
            Topic(
                "Exchange for size {size}",
                "The jacket of order {order} is too tight. Can I change it for a {size}?",
                "Of course. Send it back with the label in the box; the {size} leaves today.",
                "Perfect, it fits.",
                "returns",
            ),
            Topic(
                "Is it waterproof?",
                "Is the Fell 2 tent fine for a week of Scottish rain?",
                "It is: 4,000 mm on the fly, taped seams. Pitch it with the wind and you stay dry.",
                "Then I'll take it. Cheers!",
            ),
            Topic(
                "Refund for {order}",
                "I sent order {order} back two weeks ago and haven't got my money yet.",
                "Sorry for the wait. The refund went out a minute ago; your bank needs two days.",
                "Got it. Thanks for being quick.",
                "returns",
            ),
            Topic(
                "A torn zip",
                "The zip of my Tarn jacket came off after one winter. Do you mend it?",
                "We do, free of charge in the first three years. Shall we send you a bag for it?",
                "Yes please!",
                "repair",
            ),
            Topic(
                "Deliver to another address",
                "Could order {order} go to my office instead?",
                "It could: write us the address before four and it goes there tomorrow.",
                "Great, done.",
                "order",
            ),
        ),
    ),
    "de": Tongue(
        ("Katrin", "Lukas", "Birgit", "Felix", "Johanna", "Matthias", "Anke", "Stefan"),
        ("Brandt", "Hoffmann", "Krüger", "Lange", "Möller", "Schäfer", "Vogt"),
        (
            Topic(
                "Größe {size} für Bestellung {order}",
                "Guten Tag, die Schuhe aus Bestellung {order} sind zu klein. Kann ich sie gegen Größe {size} tauschen?",
                "Gern. Das Etikett liegt im Karton, die {size} geht heute noch raus.",
                "Vielen Dank, das ging ja schnell.",
                "returns",
            ),
            Topic(
                "Rechnung zu {order}",
                "Hallo, könnten Sie mir die Rechnung zu {order} noch einmal schicken?",
                "Sie ist unterwegs an Ihre Mailadresse.",
                "Danke, ist angekommen.",
                "invoice",
            ),
        ),
    ),
    "fr": Tongue(
        ("Camille", "Julien", "Manon", "Étienne", "Chloé", "Baptiste"),
        ("Bernard", "Dubois", "Girard", "Lefèvre", "Mercier", "Roux"),
        (
            Topic(
                "Où est la commande {order} ?",
                "Bonjour, je n'ai toujours pas reçu la commande {order}. Savez-vous où elle est ?",
                "Bonjour, elle est au point relais depuis ce matin. Vous avez dix jours pour la retirer.",
                "Merci beaucoup, je l'ai !",
                "delivery",
            ),
            Topic(
                "Réparation d'une tente",
                "Un arceau de ma tente Fell 2 est cassé. Peut-on en acheter un seul ?",
                "Oui, et pour vous il est gratuit : il part aujourd'hui.",
                "C'est très gentil, merci.",
                "spare part",
            ),
        ),
    ),
    "es": Tongue(
        ("Lucía", "Diego", "Carmen", "Álvaro", "Inés", "Javier"),
        ("Castro", "Delgado", "Fuentes", "Muñoz", "Ortega", "Vega"),
        (
            Topic(
                "Talla equivocada en {order}",
                "Hola, en el pedido {order} venía la talla 41 y pedí la {size}. ¿Qué hago?",
                "Lo sentimos. La {size} sale hoy y un mensajero recoge la otra.",
                "¡Perfecto, gracias!",
                "returns",
            ),
        ),
    ),
    "pl": Tongue(
        ("Agnieszka", "Marek", "Zofia", "Paweł"),
        ("Wójcik", "Lewandowska", "Zieliński", "Mazur"),
        (
            Topic(
                "Zwrot zamówienia {order}",
                "Dzień dobry, czy mogę jeszcze zwrócić zamówienie {order}?",
                "Tak, ma Pani czas do piątku. Etykieta jest w paczce.",
                "Dziękuję bardzo.",
                "returns",
            ),
        ),
    ),
    "ar": Tongue(
        ("ليلى", "يوسف", "سارة", "كريم", "نور", "حسن"),
        ("الخطيب", "منصور", "حداد", "النجار"),
        (
            Topic(
                "أين طلبي {order}؟",
                "مرحبا، لم يصل الطلب {order} حتى الآن. متى سيصل؟",
                "مرحبا، الطلب في الطريق وسيصلك غدا قبل الظهر.",
                "وصل اليوم، شكرا لكم.",
                "delivery",
            ),
            Topic(
                "تبديل المقاس",
                "الحذاء ضيق قليلا. هل يمكن تبديله بمقاس {size}؟",
                "بالطبع، المقاس {size} متوفر وسنرسله اليوم.",
                "ممتاز، شكرا جزيلا.",
                "returns",
            ),
        ),
    ),
    "he": Tongue(
        ("נועה", "איתי", "תמר", "עומר"),
        ("לוי", "כהן", "פרץ", "ביטון"),
        (
            Topic(
                "איפה ההזמנה {order}?",
                "שלום, ההזמנה {order} עדיין לא הגיעה. אפשר לבדוק?",
                "שלום, היא אצל השליח ותגיע אליך מחר בבוקר.",
                "הגיעה, תודה רבה!",
                "delivery",
            ),
        ),
    ),
    "ja": Tongue(
        ("美咲", "健太", "陽子", "大輔", "さくら"),
        ("佐藤", "鈴木", "高橋", "渡辺", "伊藤", "山本", "中村"),
        (
            Topic(
                "サイズ交換について",
                "注文{order}のブーツが少し小さいです。{size}に交換できますか。",
                "はい、{size}は在庫がございます。本日お送りします。",
                "ありがとうございます。ぴったりでした。",
                "returns",
            ),
            Topic(
                "テントの修理",
                "Fell 2のポールが折れました。修理はできますか。",
                "三年間の保証で無料です。新しいポールをお送りします。",
                "助かりました。ありがとうございます。",
                "repair",
            ),
        ),
        family_first=True,
    ),
    "zh": Tongue(
        ("伟", "静怡", "浩然", "梓涵"),
        ("王", "李", "张", "陈"),
        (
            Topic(
                "订单{order}在哪里？",
                "你好，订单{order}已经一周没有更新了，请帮我查一下。",
                "您好，包裹已到达当地仓库，明天送达。",
                "收到了，谢谢！",
                "delivery",
            ),
        ),
        family_first=True,
    ),
    "ko": Tongue(
        ("지민", "서연", "민준", "하은"),
        ("김", "이", "박", "최"),
        (
            Topic(
                "교환 문의",
                "주문 {order} 재킷이 작아요. {size} 사이즈로 바꿀 수 있나요?",
                "네, {size} 사이즈 재고가 있습니다. 오늘 보내 드릴게요.",
                "감사합니다. 잘 맞아요.",
                "returns",
            ),
        ),
        family_first=True,
    ),
}

SAID: tuple[tuple[tuple[bool, str], ...], ...] = (
    (
        (False, "Hello, this is Fern and Fell. You wrote to us about your order."),
        (True, "Yes, thank you for calling back. It still isn't here."),
        (False, "I see it at the depot in your town. Would tomorrow between nine and noon suit you?"),
        (True, "That would be perfect."),
    ),
    (
        (False, "Good afternoon, it is about the boots you want to exchange."),
        (True, "Right, they pinch at the toes. Half a size up should do."),
        (False, "I'll send you both, and you return the pair that you don't like."),
        (True, "That is very kind. Thank you."),
    ),
    (
        (False, "I have your jacket here in the workshop. We would rather replace the whole zip."),
        (True, "How long does that take?"),
        (False, "Until Friday, and it costs you nothing."),
        (True, "Then please do."),
    ),
)
"""Calls as they were understood: whether the customer says it, and what."""

NOTES = (
    "Depot will ring before they come.",
    "Sends both sizes, one comes back.",
    "Agreed to a new zip, ready on Friday.",
    "Wanted to hear it from a person. All fine.",
)
