/** Pictures by hand: one shape of the thing, one of its detail. */
const GOODS = [
  {
    name: "Lowland boot",
    price: "€ 159",
    tone: "moss",
    shape: "M12 6h16v26l22 7q8 3 8 10v2H12z",
    detail: "M10 52h50v5H10z",
  },
  {
    name: "Ridge 45 backpack",
    price: "€ 189",
    tone: "sea",
    shape: "M18 18a14 14 0 0 1 28 0v32a6 6 0 0 1-6 6H24a6 6 0 0 1-6-6z",
    detail: "M13 26h4v22h-4zM47 26h4v22h-4zM24 1h16v4H24z",
  },
  {
    name: "Tarn jacket",
    price: "€ 229",
    tone: "clay",
    shape: "M22 8 8 18l6 14 6-4v26h24V28l6 4 6-14-14-10q-10 8-20 0z",
    detail: "M24 5q8-6 16 0l-2 3q-6 4-12 0z",
  },
  {
    name: "Fell 2 tent",
    price: "€ 349",
    tone: "sand",
    shape: "M32 8 6 52h17l9-20 9 20h17z",
    detail: "M27 52l5-11 5 11z",
  },
];

/** A page of a shop, so that there is something to ask about. */
export const Shop = ({ onMail }: { onMail(): void }) => (
  <main class="shop">
    <section class="lead">
      <h1>Gear for weather, made to be mended</h1>
      <p>Small series, repaired for ten years. Exchange within 30 days.</p>
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
      {GOODS.map(({ name, price, tone, shape, detail }) => (
        <li key={name}>
          <span class={`pic ${tone}`} aria-hidden="true">
            <svg viewBox="0 0 64 60" aria-hidden="true">
              <path d={shape} />
              <path class="detail" d={detail} />
            </svg>
          </span>
          <h2>{name}</h2>
          <span>{price}</span>
        </li>
      ))}
    </ul>
    <section class="order">
      <h2>Your order 48517</h2>
      <p>Lowland boot, size 41. Sent on Monday, arrives on Thursday.</p>
      <button type="button" class="plain" data-help>
        Something is wrong with it
      </button>
    </section>
  </main>
);
