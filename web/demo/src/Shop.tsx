const GOODS = [
  { name: "Fjell hiking boot", price: "€ 149", tone: "moss", shape: "M8 10h16v22l24 6q8 2 8 10v4H8z" },
  { name: "Strand rain boot", price: "€ 89", tone: "sea", shape: "M12 4h16v30l18 6q8 3 8 10v2H12z" },
  { name: "Vidda winter boot", price: "€ 179", tone: "clay", shape: "M6 8h22l2 22 18 6q8 3 8 10v6H6z" },
  { name: "Skog trail shoe", price: "€ 119", tone: "sand", shape: "M6 28q10 4 18-4l20 12q12 2 14 10v6H6z" },
];

/** A page of a shop, so that there is something to ask about. */
export const Shop = ({ onMail }: { onMail(): void }) => (
  <main class="shop">
    <section class="lead">
      <h1>Boots that come home again</h1>
      <p>Made in small series, repaired for ten years. Exchange within 30 days.</p>
      <p class="acts">
        <button type="button" class="main" data-help>
          Ask us about a size
        </button>
        <button type="button" class="plain" onClick={onMail}>
          Write us an email
        </button>
      </p>
    </section>
    <ul class="goods">
      {GOODS.map(({ name, price, tone, shape }) => (
        <li key={name}>
          <span class={`pic ${tone}`} aria-hidden="true">
            <svg viewBox="0 0 64 60" aria-hidden="true">
              <path d={shape} />
              <path class="sole" d="M4 52h56v5H4z" />
            </svg>
          </span>
          <h2>{name}</h2>
          <span>{price}</span>
        </li>
      ))}
    </ul>
    <section class="order">
      <h2>Your order 48213</h2>
      <p>Fjell hiking boot, size 41. Sent on Monday with Bring Parcel, arrives on Thursday.</p>
      <button type="button" class="plain" data-help>
        Something is wrong with it
      </button>
    </section>
  </main>
);
