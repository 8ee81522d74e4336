import type { Me } from "../api/types";

export default function Settings({ me }: { me: Me }) {
  return <main className="page settings">{me.name}</main>;
}
