import { expect, it } from "vitest";
import { streamParser, type StreamMessage } from "./parse";

function parsed(...pieces: string[]): StreamMessage[] {
  const heard: StreamMessage[] = [];
  const feed = streamParser((message) => heard.push(message));
  for (const piece of pieces) feed(piece);
  return heard;
}

const STREAM = ': hello\n\nid: 7\nevent: desktop\ndata: {"a": 1}\n\ndata:one\ndata: two\ndata\n\nevent: nothing\n\n';
const HEARD: StreamMessage[] = [
  { event: "desktop", data: '{"a": 1}', id: "7" },
  { event: undefined, data: "one\ntwo\n", id: undefined },
];

it("reads messages, and passes over comments and what has no data", () => {
  expect(parsed(STREAM)).toEqual(HEARD);
  expect(parsed(STREAM.replaceAll("\n", "\r\n"))).toEqual(HEARD);
});

it("is not misled by where the text is cut", () => {
  for (let at = 1; at < STREAM.length; at += 1) expect(parsed(STREAM.slice(0, at), STREAM.slice(at))).toEqual(HEARD);
  expect(parsed(...STREAM)).toEqual(HEARD);
});

it("keeps a message that is not at its end yet to itself", () => {
  expect(parsed("data: half\n")).toEqual([]);
  expect(parsed("event: a:b\ndata: : x\n\n")).toEqual([{ event: "a:b", data: ": x", id: undefined }]);
});
