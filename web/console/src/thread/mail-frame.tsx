import { useEffect, useMemo, useRef } from "react";
import type { Attachment } from "../api/types";
import { needsPaper, prepare } from "./mail";
import { text } from "./messages";

interface MailFrameProps {
  html: string;
  files: Attachment[];
  author: string;
  pictures: boolean;
  theme: string;
}

const style = `
  :root { color-scheme: light dark; }
  body { margin: 0; font: 400 13.5px/21px var(--font); color: var(--text); overflow-wrap: anywhere; background: transparent; }
  body.paper { background: #fff; color: #12161d; padding: 12px; border-radius: 6px; }
  body > :first-child { margin-top: 0; } body > :last-child { margin-bottom: 0; }
  p { margin: 0 0 8px; } a { color: var(--link); } img { max-width: 100%; height: auto; } pre { white-space: pre-wrap; }
  table { max-width: 100%; } blockquote { margin: 8px 0; padding-inline-start: 12px; border-inline-start: 2px solid var(--line); }
  .paper a { color: #1d5fd6; }
`;

/** The mail's own document, without scripts and as high as its content. */
export function MailFrame({ html, files, author, pictures, theme }: MailFrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const ready = useMemo(() => prepare(html, files, pictures).html, [html, files, pictures]);
  const paper = needsPaper(html);

  useEffect(() => {
    const element = frame.current as HTMLIFrameElement;
    let grown: ResizeObserver | undefined;
    const dress = () => {
      const page = element.contentDocument;
      if (!page?.body) return;
      dressUp(page, theme, paper);
      const fit = () => {
        element.style.height = `${Math.ceil(page.documentElement.getBoundingClientRect().height)}px`;
      };
      grown?.disconnect();
      grown = new ResizeObserver(fit);
      grown.observe(page.documentElement);
      fit();
    };
    element.addEventListener("load", dress);
    dress();
    return () => {
      element.removeEventListener("load", dress);
      grown?.disconnect();
    };
  }, [theme, paper]);

  return (
    <iframe
      ref={frame}
      className="mail-frame"
      title={text.mailFrame(author)}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      srcDoc={`<!doctype html><html><head><base target="_blank"></head><body>${ready}</body></html>`}
      loading="lazy"
    />
  );
}

/**
 * The frame inherits our content security policy, which refuses style written in markup; what the cleaner left of it
 * is set through the object model, which is allowed and can do no more.
 */
function dressUp(page: Document, theme: string, paper: boolean): void {
  const view = page.defaultView as (Window & typeof globalThis) | null;
  if (!view) return;
  const sheet = new view.CSSStyleSheet();
  const own = getComputedStyle(document.documentElement);
  const values = { "--font": "--font", "--text": "--text", "--link": "--accent-text", "--line": "--border" };
  const taken = Object.entries(values).map(([name, from]) => `${name}: ${own.getPropertyValue(from)};`);
  sheet.replaceSync(`${style} :root { ${taken.join(" ")} color-scheme: ${paper ? "light" : theme}; }`);
  page.adoptedStyleSheets = [sheet];
  page.documentElement.lang = document.documentElement.lang;
  page.body.className = paper ? "paper" : "";
  page.body.dir = "auto";
  for (const element of page.querySelectorAll<HTMLElement>("[data-style]")) {
    element.style.cssText = element.dataset.style ?? "";
  }
}
