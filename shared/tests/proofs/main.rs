//! What the queue promises, proven: the wait that is told, fairness, ports, query plans, and the rules of claim, lease and
//! slot searched exhaustively. A binary of its own: what `it` checks one by one is here taken to its limits.

mod fairness;
mod keeper;
mod line;
mod model;
mod plans;
mod ports;
mod replay;
mod setup;
