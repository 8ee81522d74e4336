/** The launcher's and the panel's looks: a constructed sheet, which a host's style policy doesn't touch. */
export const style = `:host{all:initial;--c:#4640d9}
button,div{position:fixed;inset-inline:var(--x);inset-block-end:var(--y);z-index:99999999;box-shadow:0 4px 24px #0004}
button{width:54px;height:54px;border:0;border-radius:50%;padding:15px;cursor:pointer;background:var(--c);color:#fff;color:lch(from var(--c) calc((55 - l)*infinity) 0 0)}
svg{width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:1.75}
b{position:absolute;inset:-4px -4px auto auto;min-width:20px;border-radius:10px;background:#b42318;color:#fff;font:12px/20px system-ui}
div{inset-block-end:calc(var(--y) + 68px);width:376px;height:min(640px,100dvh - 96px);border-radius:16px;overflow:hidden}
iframe{width:100%;height:100%;border:0}
@media(width<480px){div{inset:0;width:auto;height:auto;border-radius:0}}`;
