//! Calls, from the transaction down to the function or host call, with the ink that was spent in each alone.

use std::collections::{BTreeSet, HashMap};

use super::INK;
use super::names::Names;
use super::told::{Frame, Node, Profile};

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

/// A place as it was reached from another one.
#[derive(Debug)]
struct Stack {
    place: usize,
    /// The one that it was reached from.
    above: Option<usize>,
    calls: u64,
    /// Ink spent in it alone.
    ink: u64,
}

/// What is still to be put under a stack.
enum Waiting {
    /// A frame of the list.
    Frame(usize, Option<usize>),
    /// A node of the tree of one.
    Node(usize, usize, usize),
}

/// All of them. However deep they are, they are lists.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    stacks: Vec<Stack>,
    /// The program and what it is there, of each place.
    places: Vec<(String, String)>,
    known: HashMap<(String, String), usize>,
}

impl Stacks {
    pub(super) fn of(profile: &Profile, names: &Names) -> Self {
        let mut stacks = Self::default();
        let own = ("transaction".to_owned(), "base, data and access list".to_owned());
        stacks.push(own, None, 1, profile.intrinsic_gas().saturating_mul(INK));
        let mut waiting = vec![Waiting::Frame(0, None)];
        while let Some(next) = waiting.pop() {
            match next {
                Waiting::Frame(at, above) => stacks.frame(profile, at, above, names, &mut waiting),
                Waiting::Node(frame, at, above) => stacks.node(profile, (frame, at), above, names, &mut waiting),
            }
        }
        stacks
    }

    fn push(&mut self, place: (String, String), above: Option<usize>, calls: u64, ink: u64) -> usize {
        let place = *self.known.entry(place).or_insert_with_key(|place| {
            self.places.push(place.clone());
            self.places.len() - 1
        });
        self.stacks.push(Stack { place, above, calls, ink });
        self.stacks.len() - 1
    }

    /// A frame: what its program's functions, or the frames within it, do not account for is its own.
    fn frame(&mut self, profile: &Profile, at: usize, above: Option<usize>, names: &Names, waiting: &mut Vec<Waiting>) {
        let Some(frame) = profile.frames.get(at) else { return };
        let called = names.called(frame).map_or("call".into(), |called| format!("call: {called}"));
        let used = frame.gas_used().saturating_mul(INK);
        let within = match &frame.stylus {
            Some(tree) => tree.nodes.iter().fold(0, |sum: u64, node| sum.saturating_add(node.ink())),
            None => within(profile, calls_of(frame, at)),
        };
        let stack = self.push((names.program(frame), called), above, 1, used.saturating_sub(within));
        match &frame.stylus {
            Some(_) => waiting.push(Waiting::Node(at, 0, stack)),
            None => waiting.extend(calls_of(frame, at).map(|call| Waiting::Frame(call, Some(stack)))),
        }
    }

    /// A node of a program's tree.
    fn node(
        &mut self,
        profile: &Profile,
        (frame_at, at): (usize, usize),
        above: usize,
        names: &Names,
        waiting: &mut Vec<Waiting>,
    ) {
        let Some(frame) = profile.frames.get(frame_at) else { return };
        let Some((tree, node)) = frame.stylus.as_ref().and_then(|tree| Some((tree, tree.nodes.get(at)?))) else {
            return;
        };
        let frames = || node.frames.iter().filter_map(|call| calls_of(frame, frame_at).nth(*call));
        // A frame that fails is paid for in whole; what the program is not charged of it is not its.
        let own = node.ink().saturating_sub(within(profile, frames()));
        let stack = match name(node, |function| names.function(tree.code_hash, function)) {
            Some(name) => self.push((names.program(frame), name), Some(above), node.calls(), own),
            None => above,
        };
        waiting.extend(frames().map(|call| Waiting::Frame(call, Some(stack))));
        // Places in the list only ever grow, so that this ends whatever a node tells.
        let children = node.children.iter().filter(|child| **child > at);
        waiting.extend(children.map(|child| Waiting::Node(frame_at, *child, stack)));
    }

    /// Ink of everything.
    pub(super) fn total(&self) -> u64 {
        self.stacks.iter().fold(0, |sum, stack| sum.saturating_add(stack.ink))
    }

    /// A stack and all above it, from the innermost on.
    fn upwards<'a>(&'a self, stack: &'a Stack) -> impl Iterator<Item = &'a Stack> {
        std::iter::successors(Some(stack), |stack| self.stacks.get(stack.above?))
    }

    /// What was spent at each place, most first.
    pub(super) fn tallies(&self) -> Vec<Tally> {
        let place = |(program, name): &(String, String)| Tally {
            program: program.clone(),
            name: name.clone(),
            calls: 0,
            own: 0,
            below: 0,
        };
        let mut tallies: Vec<Tally> = self.places.iter().map(place).collect();
        for stack in &self.stacks {
            for at in self.upwards(stack).map(|above| above.place).collect::<BTreeSet<_>>() {
                let Some(tally) = tallies.get_mut(at) else { continue };
                if at == stack.place {
                    tally.own = tally.own.saturating_add(stack.ink);
                    tally.calls = tally.calls.saturating_add(stack.calls);
                } else {
                    tally.below = tally.below.saturating_add(stack.ink);
                }
            }
        }
        tallies.sort_by(|one, other| other.own.cmp(&one.own).then_with(|| one.name.cmp(&other.name)));
        tallies
    }

    /// A line for each stack, as flame graphs take them.
    pub(super) fn folded(&self) -> impl Iterator<Item = String> {
        self.stacks.iter().filter(|stack| stack.ink > 0).map(|stack| {
            let mut names: Vec<String> = self
                .upwards(stack)
                .filter_map(|stack| self.places.get(stack.place))
                .map(|(program, name)| format!("{program}: {name}").replace(';', ","))
                .collect();
            names.reverse();
            format!("{} {}", names.join(";"), stack.ink)
        })
    }
}

/// The frames within one: they are behind it in the list.
fn calls_of(frame: &Frame, at: usize) -> impl Iterator<Item = usize> {
    frame.calls.iter().copied().filter(move |call| *call > at)
}

/// Ink of frames.
fn within(profile: &Profile, frames: impl Iterator<Item = usize>) -> u64 {
    let used = frames.filter_map(|at| profile.frames.get(at)).map(|frame| frame.gas_used().saturating_mul(INK));
    used.fold(0, u64::saturating_add)
}

/// What a node is; nothing for the program itself.
fn name(node: &Node, function: impl FnOnce(u32) -> String) -> Option<String> {
    node.function.map(function).or_else(|| node.host_call.clone())
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
            "frames": [{
                "type": "CALL", "to": Address::repeat_byte(1), "gasUsed": "0x68", "input": "0x",
                "stylus": { "codeHash": alloy::primitives::B256::ZERO, "nodes": [
                    node(json!({ "program": true }), "0x0", &[1], &[]),
                    node(json!({ "function": 3 }), ten_gas, &[2, 3], &[]),
                    node(json!({ "function": 3 }), ten_gas, &[], &[]),
                    // 50 gas of a frame within, and ten of its own.
                    node(json!({ "hostCall": "call_contract" }), "0x927c0", &[], &[0]),
                ] },
                "calls": [1],
            }, {
                "type": "CALL", "to": Address::with_last_byte(0x71), "gasUsed": "0x32", "input": "0x01020304", "calls": [],
            }],
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
        let lines: Vec<String> = stacks.folded().collect();
        let line = "program 0x01010101: call;program 0x01010101: function 3;program 0x01010101: call_contract;\
                    ArbWasm: call: 0x01020304 500000";
        assert!(lines.iter().any(|one| one == line), "{lines:#?}");
        assert!(lines.iter().all(|line| !line.ends_with(" 0")));
    }
}
