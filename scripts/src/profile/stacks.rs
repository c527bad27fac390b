//! Calls, from the transaction down to the function or host call, with the ink that was spent in each alone.

use std::collections::{BTreeMap, BTreeSet};

use super::INK;
use super::names::Names;
use super::told::{Frame, Profile, Tree};

/// A place: the program it is in, and what it is there.
type Place = (String, String);

/// What was spent at a place, wherever it was reached from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    pub program: String,
    pub name: String,
    pub calls: u64,
    /// Ink spent in it alone.
    pub own: u64,
    /// Ink spent in what it called, once where it called itself.
    pub below: u64,
}

/// One line of the graph.
#[derive(Debug)]
struct Stack {
    places: Vec<Place>,
    calls: u64,
    ink: u64,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Stacks(Vec<Stack>);

impl Stacks {
    pub(super) fn of(profile: &Profile, names: &Names) -> Self {
        let mut stacks = Self::default();
        let own = ("transaction".to_owned(), "base, data and access list".to_owned());
        stacks.0.push(Stack { places: vec![own], calls: 1, ink: profile.intrinsic_gas().saturating_mul(INK) });
        stacks.frame(&profile.frame, names, &mut Vec::new());
        stacks
    }

    /// A frame: what its program's functions do not account for is its own.
    fn frame(&mut self, frame: &Frame, names: &Names, above: &mut Vec<Place>) {
        let program = names.program(frame);
        let place = (program.clone(), names.called(frame).map_or("call".into(), |called| format!("call: {called}")));
        above.push(place);
        let at = self.0.len();
        let used = frame.gas_used().saturating_mul(INK);
        self.0.push(Stack { places: above.clone(), calls: 1, ink: used });
        let within = match &frame.stylus {
            Some(tree) => self.tree(frame, tree, 0, &program, names, above),
            None => frame.calls.iter().fold(0, |sum: u64, call| {
                self.frame(call, names, above);
                sum.saturating_add(call.gas_used().saturating_mul(INK))
            }),
        };
        if let Some(stack) = self.0.get_mut(at) {
            stack.ink = used.saturating_sub(within);
        }
        above.pop();
    }

    /// A node of a program's tree and all below; the ink of them together, frames within included.
    fn tree(
        &mut self,
        frame: &Frame,
        tree: &Tree,
        at: usize,
        program: &str,
        names: &Names,
        above: &mut Vec<Place>,
    ) -> u64 {
        let Some(node) = tree.nodes.get(at) else { return 0 };
        let name = match (&node.function, &node.host_call) {
            (Some(function), _) => Some(names.function(tree.code_hash, *function)),
            (None, Some(host_call)) => Some(host_call.clone()),
            (None, None) => None,
        };
        let named = name.is_some();
        above.extend(name.map(|name| (program.to_owned(), name)));
        let mut inner = 0_u64;
        for call in node.frames.iter().filter_map(|at| frame.calls.get(*at)) {
            self.frame(call, names, above);
            inner = inner.saturating_add(call.gas_used().saturating_mul(INK));
        }
        // A frame that fails is paid for in whole; what the program is not charged of it is not its.
        let own = node.ink().saturating_sub(inner);
        if named {
            self.0.push(Stack { places: above.clone(), calls: node.calls(), ink: own });
        }
        let mut sum = node.ink();
        // Places in the list only ever grow, so that this ends whatever a node tells.
        for child in node.children.iter().filter(|child| **child > at) {
            sum = sum.saturating_add(self.tree(frame, tree, *child, program, names, above));
        }
        if named {
            above.pop();
        }
        sum
    }

    /// Ink of everything.
    pub(super) fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, stack| sum.saturating_add(stack.ink))
    }

    /// What was spent at each place, most first.
    pub(super) fn tallies(&self) -> Vec<Tally> {
        let mut tallies: BTreeMap<&Place, Tally> = BTreeMap::new();
        for Stack { places, calls, ink } in &self.0 {
            let last = places.last();
            for place in places.iter().collect::<BTreeSet<_>>() {
                let (program, name) = place.clone();
                let tally = tallies.entry(place).or_insert(Tally { program, name, calls: 0, own: 0, below: 0 });
                if Some(place) == last {
                    tally.own = tally.own.saturating_add(*ink);
                    tally.calls = tally.calls.saturating_add(*calls);
                } else {
                    tally.below = tally.below.saturating_add(*ink);
                }
            }
        }
        let mut tallies: Vec<Tally> = tallies.into_values().collect();
        tallies.sort_by(|one, other| other.own.cmp(&one.own).then_with(|| one.name.cmp(&other.name)));
        tallies
    }

    /// A line for each stack, as flame graphs take them.
    pub(super) fn folded(&self) -> Vec<String> {
        let clean = |(program, name): &Place| format!("{program}: {name}").replace(';', ",");
        let line = |stack: &Stack| {
            let places: Vec<String> = stack.places.iter().map(clean).collect();
            format!("{} {}", places.join(";"), stack.ink)
        };
        self.0.iter().filter(|stack| stack.ink > 0).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Address;
    use serde_json::json;

    use super::*;

    fn profile() -> Profile {
        let node = |what: serde_json::Value, ink: &str, children: &[usize], frames: &[usize]| {
            let mut node = json!({ "calls": "0x1", "ink": ink, "children": children, "frames": frames });
            if let (Some(fields), Some(what)) = (node.as_object_mut(), what.as_object()) {
                fields.extend(what.clone());
            }
            node
        };
        let ten_gas = "0x186a0";
        serde_json::from_value(json!({
            "gasUsed": "0x5270", "intrinsicGas": "0x5208", "refund": "0x0",
            "frame": {
                "type": "CALL", "to": Address::repeat_byte(1), "gasUsed": "0x68", "input": "0x",
                "stylus": { "codeHash": alloy::primitives::B256::ZERO, "nodes": [
                    node(json!({ "program": true }), "0x0", &[1], &[]),
                    node(json!({ "function": 3 }), ten_gas, &[2, 3], &[]),
                    node(json!({ "function": 3 }), ten_gas, &[], &[]),
                    // 50 gas of a frame within, and ten of its own.
                    node(json!({ "hostCall": "call_contract" }), "0x927c0", &[], &[0]),
                ] },
                "calls": [{ "type": "CALL", "to": Address::with_last_byte(0x71), "gasUsed": "0x32", "input": "0x01020304" }],
            },
        }))
        .unwrap()
    }

    #[test]
    fn every_gas_is_somewhere_and_recursion_counts_once() {
        let stacks = Stacks::of(&profile(), &Names::default());
        assert_eq!(stacks.total(), (21_000 + 104) * INK);
        let tallies = stacks.tallies();
        let of = |name: &str| {
            let tally = tallies.iter().find(|tally| tally.name == name).unwrap();
            (tally.calls, tally.own / INK, tally.below / INK)
        };
        assert_eq!(of("base, data and access list"), (1, 21_000, 0));
        assert_eq!(of("function 3"), (2, 20, 60));
        assert_eq!(of("call_contract"), (1, 10, 50));
        assert_eq!(of("call: 0x01020304"), (1, 50, 0));
        // Entering the program is the frame's own.
        assert_eq!(of("call"), (1, 104 - 80, 80));
    }

    #[test]
    fn lines_are_as_flame_graphs_take_them() {
        let stacks = Stacks::of(&profile(), &Names::default());
        let lines = stacks.folded();
        let line = "program 0x01010101: call;program 0x01010101: function 3;program 0x01010101: call_contract;\
                    ArbWasm: call: 0x01020304 500000";
        assert!(lines.iter().any(|one| one == line), "{lines:#?}");
        assert!(lines.iter().all(|line| !line.ends_with(" 0")));
    }
}
