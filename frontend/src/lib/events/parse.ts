// An event stream's text as messages, by the rules of the HTML standard for it. Only what the page uses: lines end in LF
// or CR LF, as the api writes them, and `retry` is the page's own business.
export interface StreamMessage {
  event: string | undefined;
  data: string;
  id: string | undefined;
}

/** Takes the text as it comes, cut anywhere. */
export function streamParser(onMessage: (message: StreamMessage) => void): (text: string) => void {
  let rest = "";
  let data: string[] = [];
  let fields: Omit<StreamMessage, "data"> = { event: undefined, id: undefined };

  function end() {
    if (data.length > 0) onMessage({ ...fields, data: data.join("\n") });
    data = [];
    fields = { event: undefined, id: undefined };
  }

  function take(line: string) {
    if (line === "") return end();
    const [, name = line, value = ""] = /^([^:]*): ?(.*)$/s.exec(line) ?? [];
    if (name === "data") data.push(value);
    else if (name === "event" || name === "id") fields[name] = value;
  }

  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line.endsWith("\r") ? line.slice(0, -1) : line);
  };
}
