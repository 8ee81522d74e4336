"""The sample shop's customers that have a story of their own: outdoor gear, thirty people, the last five weeks."""

from __future__ import annotations

from dataclasses import dataclass, field

SOFIA, JONAS, AMARA = "Sofia Lind", "Jonas Weber", "Amara Okafor"
AGENTS = (SOFIA, JONAS, AMARA)


@dataclass(frozen=True)
class Rang:
    """A call: how it ended, how long it rang and was talked, and what was understood of it."""

    end: str
    ring_s: int = 0
    talk_s: int = 0
    said: tuple[tuple[bool, str], ...] = ()
    """Whether the customer says it, and what."""
    disposition: str = ""
    note: str = ""


@dataclass(frozen=True)
class Turn:
    """Something said `hours` ago: by the customer, or by an agent as an answer or a note; or a call."""

    hours: float
    text: str
    by: str = ""
    """An agent's name; empty: the customer."""
    channel: str = "email"
    note: bool = False
    call: Rang | None = None


@dataclass(frozen=True)
class Story:
    """One customer and one piece of work, as it stands now."""

    name: str
    address: str
    subject: str
    turns: tuple[Turn, ...]
    status: str = ""
    """What an agent set at the end; empty: as the words left it."""
    assignee: str = ""
    tags: tuple[str, ...] = field(default=())
    priority: str = "normal"
    failed: str = ""
    """Why the last answer didn't arrive."""
    phone: str = ""
    stop: bool = False
    """They want no text messages any more."""
    promise: str = ""
    """What an agent said they would do."""


def told(
    name: str, subject: str, hours: float, text: str, answer: str = "", by: str = "", status: str = "", tag: str = ""
) -> Story:
    """A short one: a question, perhaps an answer an hour or two later."""
    address = f"{name.lower().replace(' ', '.').replace('é', 'e').replace('ö', 'o')}@example.net"
    turns = (Turn(hours, text),) + ((Turn(max(hours - 1.5, hours / 2), answer, by),) if answer else ())
    return Story(name, address, subject, turns, status, by, (tag,) if tag else ())


STORIES: tuple[Story, ...] = (
    Story(
        "Elena Petrova",
        "elena.petrova@example.net",
        "Ridge 45 backpack: the strap tore",
        (
            Turn(
                30,
                "Hello,\n\nthe left shoulder strap of my Ridge 45 tore on the second day of a five-day walk. "
                "I bought it in September, order 48213.\n\nWhat can you do? I leave again on the 4th.\n\nElena",
            ),
            Turn(28, "Order 48213 checks out, within warranty. Same seam as the three last week.", SOFIA, note=True),
            Turn(
                27.5,
                "Hi Elena,\n\nthat should not happen, and certainly not on day two. I have set a new Ridge 45 aside "
                "for you. It leaves tomorrow and is with you before the 4th. Please keep the old one: a courier picks "
                "it up.\n\nSofia",
                SOFIA,
            ),
            Turn(
                3, "That is wonderful, thank you. Can the courier come after five? I work until then.", channel="chat"
            ),
            Turn(2.8, "Of course. I have written 17 to 19 on the pick-up.", SOFIA, channel="chat"),
            Turn(0.4, "One more thing: is the rain cover included, or should I keep the old one?", channel="chat"),
        ),
        assignee=SOFIA,
        tags=("warranty", "backpack"),
        priority="high",
    ),
    Story(
        "Tomás Herrera",
        "tomas.herrera@example.net",
        "Wrong size delivered",
        (
            Turn(52, "I ordered the Lowland boot in 43 and got 41. Order 48377. Can I swap them without paying twice?"),
            Turn(50, "Hi Tomás, sorry about that. The label for the return is attached to your order page.", JONAS),
            Turn(6, "The page says the label has expired. Can you make a new one?"),
        ),
        assignee=JONAS,
        tags=("returns",),
    ),
    Story(
        "Ingrid Solheim",
        "ingrid.solheim@example.net",
        "Group order for a school trip",
        (
            Turn(
                100,
                "We are 24 pupils and 3 teachers and need sleeping mats for June. Is there a price for schools, and "
                "could we pay by invoice?",
            ),
            Turn(
                97,
                "There is: 15 % from twenty pieces on, and an invoice is fine. Which mat did you have in mind?",
                AMARA,
            ),
            Turn(72, "The Drift Light, 27 of them. Could you also quote 27 liners?"),
            Turn(70, "Asked purchasing about the liners, answer on Thursday.", AMARA, note=True),
            Turn(69, "Certainly. I am waiting for a price on the liners and write again on Thursday.", AMARA),
        ),
        assignee=AMARA,
        tags=("order", "school"),
    ),
    Story(
        "Noah Adeyemi",
        "noah.adeyemi@example.net",
        "Where is my parcel?",
        (
            Turn(5, "Tracking hasn't moved for four days. Order 48455, a birthday present for Saturday."),
            Turn(4.6, "Depot says it is on the van for tomorrow. Check again at ten.", JONAS, note=True),
        ),
        assignee=JONAS,
        tags=("delivery",),
        priority="urgent",
    ),
    Story(
        "Yuki Tanaka",
        "yuki.tanaka@example.net",
        "Invoice with our VAT number",
        (
            Turn(20, "Could you reissue invoice 2291 with our VAT number DE 299 381 114? Our bookkeeping needs it."),
            Turn(18, "Here it is, with the number. The old one is cancelled.", AMARA),
        ),
        status="done",
        assignee=AMARA,
        tags=("invoice",),
    ),
    Story(
        "Grace Mbeki",
        "grace.mbeki@example.net",
        "Your answer about the tent poles",
        (
            Turn(44, "One pole of my Fell 2 has a crack near the joint. Do you sell single poles?"),
            Turn(43, "We do: pole set F2-B, and for you it is free of charge. Where shall we send it?", SOFIA),
        ),
        assignee=SOFIA,
        tags=("spare part",),
        failed="The mailbox is full (5.2.2)",
    ),
    Story(
        "Luca Moretti",
        "",
        "Do you ship to Switzerland?",
        (
            Turn(1.2, "Hi! Do you ship to Switzerland?", channel="chat"),
            Turn(1.15, "Hi Luca, we do, duty included. It takes three to five days.", JONAS, channel="chat"),
            Turn(1.1, "Great. And can I return from there?", channel="chat"),
        ),
        assignee=JONAS,
    ),
    Story(
        "",
        "",
        "Is the Tarn jacket waterproof?",
        (Turn(0.2, "Is the Tarn jacket really waterproof, or only water repellent?", channel="chat"),),
    ),
    Story(
        "Amélie Laurent",
        "amelie.laurent@example.net",
        "Réparation de la fermeture éclair",
        (
            Turn(9, "Bonjour, la fermeture éclair de mon sac de couchage est bloquée. Faites-vous des réparations ?"),
            Turn(8, "Bonjour Amélie, oui : envoyez-le nous, la réparation prend dix jours et coûte 12 €.", AMARA),
        ),
        assignee=AMARA,
        tags=("repair",),
    ),
    told("Oskar Nilsson", "Gift card balance", 2.2, "How do I see what is left on my gift card FF-2210-88?"),
    told("Priya Raman", "Change of address", 3.5, "I moved. Please send order 48502 to 14 Mill Lane, Bath BA1 5NX."),
    told(
        "Daniel Cohen", "Discount code doesn't work", 7, "AUTUMN10 is refused at checkout although it runs till Sunday."
    ),
    told(
        "Fatima Zahra",
        "Missing laces",
        11,
        "The Lowland boots arrived without the second pair of laces.",
        tag="delivery",
    ),
    told("Peter Novak", "Stove not in stock", 13, "When does the Ember stove come back? I would take two."),
    told(
        "Chloe Martin",
        "Care for merino",
        26,
        "Can I wash the merino base layer at 40 degrees?",
        "Better at 30, in a wool programme, and never in the dryer. It stays soft for years that way.",
        SOFIA,
        "done",
    ),
    told(
        "Samuel Osei",
        "Return received?",
        33,
        "Has my return from last Tuesday arrived? I still wait for the money.",
        "It arrived yesterday, and the refund left today. Your bank shows it within two days.",
        JONAS,
        tag="returns",
    ),
    told(
        "Hanna Virtanen",
        "Newsletter",
        40,
        "Please take me off the newsletter.",
        "Done. You get no more of them.",
        AMARA,
        "done",
    ),
    told(
        "Jack O'Brien",
        "Which sleeping bag for minus five?",
        47,
        "Two nights at minus five in November: is the Moor 400 enough?",
        "With a warm mat and a base layer, yes. If you feel the cold easily, take the Moor 600.",
        SOFIA,
    ),
    told(
        "Mei Chen",
        "Payment taken twice",
        60,
        "My card was charged twice for order 48120, 129 € each time.",
        "You are right, and I am sorry. The second charge was returned this morning.",
        JONAS,
        "done",
        "invoice",
    ),
    told(
        "Viktor Dahl",
        "Boots rub at the heel",
        75,
        "After ten kilometres my heels are raw. Do they get softer?",
        "They do, but that sounds like half a size too little. Shall I send a 44 to try beside them?",
        SOFIA,
        tag="returns",
    ),
    told(
        "Rosa Jimenez",
        "Student price",
        90,
        "Do you have a price for students?",
        "Ten per cent with any student card. Upload it at checkout, under Discounts.",
        AMARA,
        "done",
    ),
    told(
        "Ahmed Farouk",
        "Broken buckle",
        120,
        "The hip belt's buckle broke. Can I get one without sending in the pack?",
        "A new one is on its way in a letter, with a note on how to thread it.",
        JONAS,
        "done",
        "spare part",
    ),
    told(
        "Emma Wilson",
        "Opening hours at Christmas",
        150,
        "Are you open on the 27th?",
        "We are, from ten to four.",
        AMARA,
        "done",
    ),
    told(
        "Kenji Mori",
        "Compare two tents",
        190,
        "What is the difference between Fell 2 and Fell 2 Light?",
        "600 grams and the floor: 30 instead of 70 denier. For stony ground take the heavier one.",
        SOFIA,
        "done",
    ),
    told(
        "Laura Bianchi",
        "Order cancelled?",
        240,
        "I cancelled order 47810 within the hour, and it was sent all the same.",
        "It had left already. Refuse it at the door, and the money comes back by itself.",
        JONAS,
        "done",
        "order",
    ),
    told(
        "Ben Carter",
        "Wholesale",
        330,
        "We run a climbing hall and would like to sell your chalk bags.",
        "Gladly. Amara looks after our partners and writes to you tomorrow.",
        SOFIA,
        "done",
        "order",
    ),
    told(
        "Anna Kowalska",
        "Warranty period",
        420,
        "How long is the warranty on jackets?",
        "Three years on seams and zips, whoever bought it.",
        AMARA,
        "done",
        "warranty",
    ),
    told(
        "Marco Silva",
        "Trousers too long",
        560,
        "Do you shorten trousers?",
        "We do, for 9 €, while you wait in the shop or within a week by post.",
        JONAS,
        "done",
    ),
    told(
        "Julia Fischer",
        "Praise",
        700,
        "The repaired tent is as good as new. Thank you, whoever did it.",
        "That was Anton at the workshop. He has your mail on the wall now.",
        SOFIA,
        "done",
    ),
    told("Win A Prize", "You are selected", 15, "CONGRATULATIONS you are selected. Click to claim.", status="spam"),
)
