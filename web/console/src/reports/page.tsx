import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import { channelLook } from "../ui/channel";
import { Icon } from "../ui/icon";
import { Empty, Failed, Skeleton } from "../ui/states";
import { span } from "../ui/time";
import { text } from "./messages";
import "../ui/page.css";

const RANGES = [1, 7, 30, 90];

/** One line for each case; every figure says what it means. */
export default function Reports() {
  const [days, setDays] = useState(7);
  const found = useQuery({ queryKey: keys.report(days), queryFn: () => api.report(days) });
  useEffect(() => {
    document.title = text.title;
  }, []);
  const totals = found.data?.totals;
  return (
    <div className="page">
      <main className="settings-main" aria-label={text.title}>
        <div className="report">
          <Link href="/inbox/mine" className="settings-back">
            <Icon name="arrow-left" size="s" />
            {text.back}
          </Link>
          <h1>{text.title}</h1>
          <label className="report-range">
            {text.range}{" "}
            <select
              className="input input-small"
              value={days}
              onChange={(event) => setDays(Number(event.target.value))}
            >
              {RANGES.map((one) => (
                <option key={one} value={one}>
                  {text.days(one)}
                </option>
              ))}
            </select>
          </label>
          {found.isPending && <Skeleton rows={6} className="skeleton-item" />}
          {found.isError && <Failed what={text.notLoaded} error={found.error} retry={() => void found.refetch()} />}
          {totals && totals.cases === 0 && <Empty icon="layers" title={text.none} />}
          {found.data && totals && totals.cases > 0 && (
            <div className="table-scroll" tabIndex={0} role="group" aria-label={text.title}>
              <table className="table">
                <thead>
                  <tr>
                    {text.columns.map(([label, meaning]) => (
                      <th key={label} scope="col" title={meaning}>
                        {label}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {found.data.cases.map((one) => (
                    <tr key={one.case_id}>
                      <th scope="row">
                        <Link href={`/inbox/all/${one.thread_id}?case=${one.case_id}`}>{one.subject}</Link>
                        <div className="quiet">{one.customer_name}</div>
                      </th>
                      <td>{one.channels.map((channel) => channelLook(channel).label).join(" → ")}</td>
                      <td>{one.switches}</td>
                      <td>{took(one.first_response_s)}</td>
                      <td>{took(one.resolution_s)}</td>
                      <td>{one.messages_in}</td>
                      <td>{one.messages_out}</td>
                      <td>{one.calls}</td>
                      <td>{one.csat ?? ""}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </div>
      </main>
    </div>
  );
}

function took(seconds: number | null): string {
  return seconds === null ? "" : seconds < 60 ? `${Math.round(seconds)}s` : span(seconds * 1000);
}
