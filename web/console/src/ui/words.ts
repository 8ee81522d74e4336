export function initials(name: string): string {
  const words = name
    .replace(/[^\p{L}\p{N}\s.@_-]/gu, "")
    .trim()
    .split(/[\s._@-]+/u)
    .filter(Boolean);
  const letters = [words[0], words.length > 1 ? words[words.length > 2 ? 1 : words.length - 1] : undefined]
    .map((word) => (word ? (Array.from(word)[0] ?? "") : ""))
    .join("");
  return letters.toLocaleUpperCase() || "?";
}

/** The same person has the same colour everywhere, and no two neighbours have it by order. */
export function tint(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return (sum % 7) + 1;
}

export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function capped(count: number): string {
  return count > 999 ? "999+" : String(count);
}

export function firstName(name: string): string {
  return name.split(/[\s@]/u)[0] || name;
}

export function sentence(text: string): string {
  return text && /[\p{L}\p{N})]$/u.test(text) ? `${text}.` : text;
}
