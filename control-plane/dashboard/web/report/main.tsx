import { Component, render, type ComponentChildren } from "preact";
import { readDocument } from "./data/read";
import { Comparing } from "./compare/comparing";
import { Reporting } from "./reporting";
import { Notice } from "../src/parts/notice";
import "./style/index.css";

// A report that is not what it should be leaves a sentence instead of an empty page.
class Guard extends Component<{ readonly children: ComponentChildren }, { readonly problem: string | null }> {
  override state = { problem: null };
  override componentDidCatch(error: unknown): void {
    this.setState({ problem: String(error) });
  }
  override render() {
    const { problem } = this.state;
    return problem === null ? this.props.children : <Unreadable sentence={`A part of it is not as it should be: ${problem}.`} />;
  }
}

function Unreadable({ sentence }: { readonly sentence: string }) {
  return <main><h1>Atoll lab</h1><Notice kind="problem" title="This report cannot be shown">{sentence}</Notice></main>;
}

function Page() {
  const found = readDocument(document.getElementById("report")?.textContent ?? "");
  switch (found.kind) {
    case "report": return <Reporting report={found.report} />;
    case "comparison": return <Comparing comparison={found.comparison} />;
    case "unreadable": return <Unreadable sentence={found.sentence} />;
  }
}

const root = document.getElementById("app");
if (root) render(<Guard><Page /></Guard>, root);
