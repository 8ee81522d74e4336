import { createRef } from "preact";
import { type Refused, upload } from "../api";
import type { Messenger } from "../messenger";
import type { PublicAttachment } from "../shapes";
import { percent, size } from "../when";
import { t } from "../words";
import { Held } from "./held";
import { Icon } from "./Icon";
import { IconButton } from "./parts";

interface Chosen {
  key: number;
  name: string;
  share: number;
  stop: AbortController;
  done?: PublicAttachment;
  error?: string;
}

interface Props {
  m: Messenger;
  /** The away form draws its own button and asks for an address first. */
  form?: boolean;
}

/** Text and files that are not said yet. The text survives a reload, files do not. */
export class Composer extends Held<Props, { files: Chosen[] }> {
  override state = { files: [] as Chosen[] };
  readonly field = createRef<HTMLTextAreaElement>();
  private count = 0;

  override componentDidMount(): void {
    super.componentDidMount();
    this.fill(this.props.m.draft);
  }

  fill(text: string): void {
    const field = this.field.current;
    if (!field || !text) return;
    field.value = text;
    this.grow();
  }

  add(files: Iterable<File>): void {
    for (const file of files) this.start(file);
  }

  send(): boolean {
    const field = this.field.current as HTMLTextAreaElement;
    const text = field.value.trim();
    const done = this.state.files.flatMap((file) => file.done ?? []);
    if (this.state.files.some((file) => !file.done) || !(text || done.length)) return false;
    this.props.m.say(text, done);
    field.value = "";
    this.grow();
    this.setState({ files: [] });
    field.focus();
    return true;
  }

  override render({ m, form }: Props) {
    const label = t(form ? "message" : "write");
    return (
      <>
        {this.state.files.length > 0 && (
          <ul class="chips">
            {this.state.files.map((file) => (
              <Chip file={file} key={file.key} onRemove={() => this.remove(file)} />
            ))}
          </ul>
        )}
        <div class={form ? "cpb tall" : "cpb"}>
          <textarea
            ref={this.field}
            rows={1}
            dir="auto"
            placeholder={form ? undefined : label}
            aria-label={label}
            maxLength={10_000}
            enterkeyhint="send"
            onInput={() => {
              this.grow();
              m.typed(this.field.current?.value ?? "");
            }}
            onKeyDown={(event) => this.pressed(event)}
            onPaste={(event) => this.pasted(event)}
          />
          <span class="row tools">
            <label class="ib">
              <Icon name="clip" />
              <input
                type="file"
                multiple
                class="vh"
                aria-label={t("attach")}
                disabled={!m.visitor}
                onChange={(event) => {
                  this.add(event.currentTarget.files ?? []);
                  event.currentTarget.value = "";
                }}
              />
            </label>
            {!form && (
              <button type="submit" class="snd" aria-label={t("send")}>
                <Icon name="send" flip />
              </button>
            )}
          </span>
        </div>
      </>
    );
  }

  private start(file: File): void {
    const { m } = this.props;
    const key = ++this.count;
    const stop = new AbortController();
    const change = (chosen: Partial<Chosen>) =>
      this.setState(({ files }) => ({ files: files.map((one) => (one.key === key ? { ...one, ...chosen } : one)) }));
    const most = m.state.config.max_upload ?? Number.POSITIVE_INFINITY;
    const error = file.size > most ? t("too_large", { name: file.name, size: size(most) }) : undefined;
    this.setState(({ files }) => ({ files: [...files, { key, name: file.name, share: 0, stop, error }] }));
    if (error) return;
    upload(file, m.inbox, m.visitor, (share) => change({ share }), stop.signal).then(
      (done) => change({ done, share: 1 }),
      (reason) => change({ error: (reason as Refused).message || t("upload_failed", { name: file.name }) }),
    );
  }

  private remove(file: Chosen): void {
    file.stop.abort();
    this.setState(({ files }) => ({ files: files.filter((one) => one !== file) }));
    this.field.current?.focus();
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || this.props.form) return;
    if (matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    this.send();
  }

  private pasted(event: ClipboardEvent): void {
    const files = event.clipboardData?.files;
    if (!files?.length) return;
    event.preventDefault();
    this.add(files);
  }

  private grow(): void {
    const field = this.field.current;
    if (!field) return;
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  }
}

const Chip = ({ file, onRemove }: { file: Chosen; onRemove(): void }) => (
  <li class={file.error ? "bad" : ""} role={file.error ? "alert" : undefined}>
    <Icon name={file.error ? "warn" : "file"} small />
    <span class="grow clip" dir="auto">
      {file.error ?? (file.done ? file.name : t("uploading", { name: file.name, percent: percent(file.share) }))}
    </span>
    <IconButton name="close" label={t("remove", { name: file.name })} onClick={onRemove} />
    {!file.done && !file.error && <progress value={file.share} aria-label={file.name} />}
  </li>
);
