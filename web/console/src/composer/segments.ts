/** How many segments a text message takes: 3GPP TS 23.038, GSM 7 bit with its extension table, else UCS-2. */
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("\f^{}\\[~]|€");

export interface Segments {
  count: number;
  /** Units used and units there are in the segments so far. */
  used: number;
  room: number;
  /** The first character that no GSM message can carry; it shortens every segment. */
  forced: string;
}

export function segments(written: string): Segments {
  let septets = 0;
  for (const character of written) {
    if (BASIC.has(character)) septets += 1;
    else if (EXTENDED.has(character)) septets += 2;
    else return { ...fit(written.length, 70, 67), forced: character };
  }
  return { ...fit(septets, 160, 153), forced: "" };
}

function fit(used: number, alone: number, joined: number): Omit<Segments, "forced"> {
  const count = used <= alone ? 1 : Math.ceil(used / joined);
  return { count, used, room: count === 1 ? alone : count * joined };
}
