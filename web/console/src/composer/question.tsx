import type { AskIn } from "../api/types";
import { Button, IconButton } from "../ui/button";
import { text } from "./messages";

export interface Question {
  kind: "choice" | "form";
  /** What the answer is called among the case's values. */
  name: string;
  options: string;
  fields: { label: string; type: FieldType; required: boolean }[];
}

type FieldType = "text" | "number" | "date" | "email" | "phone";
const TYPES: FieldType[] = ["text", "number", "date", "email", "phone"];

export const NEW_QUESTION: Question = {
  kind: "choice",
  name: "",
  options: "",
  fields: [{ label: "", type: "text", required: true }],
};

/** As the hub wants it; null while it isn't complete. */
export function asked(question: Question): AskIn | null {
  if (question.kind === "choice") {
    const options = listed(question.options);
    const key = keyOf(question.name);
    return key && options.length > 1 ? { kind: "choice", key, options } : null;
  }
  const fields = question.fields.filter((field) => keyOf(field.label));
  if (!fields.length) return null;
  return {
    kind: "form",
    title: question.name,
    fields: fields.map((field) => ({ ...field, key: keyOf(field.label), options: [] })),
  };
}

function listed(options: string): string[] {
  return [...new Set(options.split(/[,\n]/u).map((one) => one.trim()))].filter(Boolean);
}

/** "Shoe size" is kept as `shoe_size`. */
function keyOf(label: string): string {
  const plain = label
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, "_");
  return plain.replace(/^[^a-z]+|_+$/gu, "").slice(0, 40);
}

interface EditorProps {
  question: Question;
  onChange: (question: Question) => void;
  onClose: () => void;
}

/** A question whose answer comes back as a value, however the channel can ask it. */
export function QuestionEditor({ question, onChange, onClose }: EditorProps) {
  const change = (next: Partial<Question>) => onChange({ ...question, ...next });
  const field = (index: number, next: Partial<Question["fields"][number]>) =>
    change({ fields: question.fields.map((one, at) => (at === index ? { ...one, ...next } : one)) });
  return (
    <section className="question" aria-label={text.question}>
      <div className="question-head">
        <select
          className="input input-small"
          aria-label={text.question}
          value={question.kind}
          onChange={(event) => change({ kind: event.target.value as Question["kind"] })}
        >
          <option value="choice">{text.choice}</option>
          <option value="form">{text.form}</option>
        </select>
        <input
          className="input input-small grow"
          aria-label={question.kind === "choice" ? text.valueName : text.formTitle}
          placeholder={question.kind === "choice" ? text.valueName : text.formTitle}
          value={question.name}
          onChange={(event) => change({ name: event.target.value })}
        />
        <IconButton icon="x" label={text.noQuestion} onClick={onClose} />
      </div>
      {question.kind === "choice" ? (
        <input
          className="input input-small"
          aria-label={text.options}
          placeholder={text.optionsExample}
          value={question.options}
          onChange={(event) => change({ options: event.target.value })}
        />
      ) : (
        <>
          {question.fields.map((one, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a field is its place
            <div key={index} className="question-head">
              <input
                className="input input-small grow"
                aria-label={text.fieldLabel}
                placeholder={text.fieldLabel}
                value={one.label}
                onChange={(event) => field(index, { label: event.target.value })}
              />
              <select
                className="input input-small"
                aria-label={text.fieldType}
                value={one.type}
                onChange={(event) => field(index, { type: event.target.value as FieldType })}
              >
                {TYPES.map((type) => (
                  <option key={type} value={type}>
                    {text.types[type]}
                  </option>
                ))}
              </select>
            </div>
          ))}
          <Button
            look="link"
            onClick={() => change({ fields: [...question.fields, { label: "", type: "text", required: true }] })}
          >
            {text.addField}
          </Button>
        </>
      )}
    </section>
  );
}
