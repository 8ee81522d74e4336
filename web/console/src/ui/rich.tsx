import type { ReactNode } from "react";

const link = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/gu;

/** Plain text with its addresses made into links; nothing in it is read as markup. */
export function Plain({ text }: { text: string }) {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const found of text.matchAll(link)) {
    parts.push(text.slice(at, found.index));
    parts.push(
      <a key={found.index} href={found[0]} target="_blank" rel="noopener noreferrer">
        {found[0]}
      </a>,
    );
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return parts;
}

/** A search snippet: matches stand between two characters of the private area. */
export function Marked({ text }: { text: string }) {
  return text.split(/\uE000([^\uE001]*)\uE001/u).map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts never change their places
    index % 2 ? <mark key={index}>{part}</mark> : part,
  );
}
