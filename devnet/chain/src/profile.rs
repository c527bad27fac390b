//! Where the ink of a program goes: by function, by host call, along the calls that led there.

use alloy_primitives::B256;

use crate::trace::Frame;

/// Where the gas of a transaction or a call went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Gas that it was charged.
    pub gas_used: u64,
    /// Gas of the transaction itself: its base, its data, its access list.
    pub intrinsic_gas: u64,
    /// The first frame, with what was left to it after that, and with [`Frame::profile`] where programs ran.
    pub frame: Frame,
}

impl Profile {
    /// Gas that was given back for emptied storage.
    #[must_use]
    pub const fn refund(&self) -> u64 {
        self.intrinsic_gas.saturating_add(self.frame.gas_used).saturating_sub(self.gas_used)
    }
}

/// Nodes of all trees of a run; what would be one more counts for the one that it is under.
pub(crate) const MAX_NODES: usize = 65_536;
/// Functions that are open at once and told apart; deeper ones count for the last of these.
const MAX_DEPTH: usize = 256;

/// What ink was spent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// The program before its entry point and outside of all functions: nothing, but for what no probe sees.
    Program,
    /// A function, by its index in the WASM, imports included.
    Function(u32),
    /// A host function, by its name among the imports from `vm_hooks`.
    HostCall(&'static str),
}

/// A site as it was reached from another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub site: Site,
    /// How often it was entered from there.
    pub calls: u64,
    /// Ink spent in it and in nothing below; of a host call that runs another frame, with what that frame used.
    pub ink: u64,
    /// Sites that it entered, by their places in [`CallTree::nodes`].
    pub children: Vec<usize>,
    /// Frames that it ran, by their places among those of the program's frame.
    pub frames: Vec<usize>,
    parent: usize,
    depth: usize,
}

impl Node {
    const fn new(site: Site, parent: usize, depth: usize) -> Self {
        Self { site, calls: 1, ink: 0, children: Vec::new(), frames: Vec::new(), parent, depth }
    }
}

/// The calls of one run of a program, equal ones taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallTree {
    /// Hash of the program's code.
    pub code_hash: B256,
    /// The sites; the first is the program.
    pub nodes: Vec<Node>,
    open: usize,
    /// Calls that are open and not told apart from the open node.
    beyond: usize,
    /// Whether the innermost of all is a host call, which nothing is called from.
    in_host_call: bool,
    /// Ink left when something last began or ended.
    ink: u64,
}

impl CallTree {
    pub(crate) fn new(code_hash: B256, ink: u64) -> Self {
        Self { code_hash, nodes: vec![Node::new(Site::Program, 0, 0)], open: 0, beyond: 0, in_host_call: false, ink }
    }

    /// Books what was spent since the last time.
    fn spend(&mut self, ink: u64) {
        let spent = self.ink.saturating_sub(ink);
        self.ink = ink;
        if let Some(node) = self.nodes.get_mut(self.open) {
            node.ink = node.ink.saturating_add(spent);
        }
    }

    /// Something begins, with this much ink left. It gets a node of its own only if there is room for one; whether it got it.
    pub(crate) fn enter(&mut self, site: Site, ink: u64, room: bool) -> bool {
        self.spend(ink);
        let before = self.nodes.len();
        let child = if self.beyond == 0 { self.child(site, room) } else { None };
        match child {
            Some(child) => self.open = child,
            None => self.beyond = self.beyond.saturating_add(1),
        }
        self.in_host_call = matches!(site, Site::HostCall(_));
        self.nodes.len() > before
    }

    /// The node of a site under the open one, if there is one or room for it.
    fn child(&mut self, site: Site, room: bool) -> Option<usize> {
        let new = self.nodes.len();
        let open = self.nodes.get(self.open)?;
        let depth = open.depth + 1;
        let known = open.children.iter().copied().find(|at| self.nodes.get(*at).is_some_and(|node| node.site == site));
        if let Some(known) = known {
            let node = self.nodes.get_mut(known)?;
            node.calls = node.calls.saturating_add(1);
            return Some(known);
        }
        if !room || depth > MAX_DEPTH {
            return None;
        }
        self.nodes.push(Node::new(site, self.open, depth));
        self.nodes.get_mut(self.open)?.children.push(new);
        Some(new)
    }

    /// What began last is over.
    pub(crate) fn leave(&mut self, ink: u64) {
        self.spend(ink);
        self.in_host_call = false;
        match self.beyond.checked_sub(1) {
            Some(beyond) => self.beyond = beyond,
            None => self.open = self.nodes.get(self.open).map_or(0, |node| node.parent),
        }
    }

    /// The host call that is open, if one is, is over.
    pub(crate) fn leave_host_call(&mut self, ink: u64) {
        if self.in_host_call {
            self.leave(ink);
        }
    }

    /// The open node runs the frame at this place among those of the program's frame.
    pub(crate) fn run(&mut self, frame: usize) {
        if let Some(node) = self.nodes.get_mut(self.open) {
            node.frames.push(frame);
        }
    }

    /// The program is over, whatever was open.
    pub(crate) fn finish(&mut self, ink: u64) {
        self.spend(ink);
    }

    /// Ink of the whole run.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.nodes.iter().fold(0, |sum, node| sum.saturating_add(node.ink))
    }

    /// Bytes that it takes, about.
    pub(crate) fn size(&self) -> usize {
        self.nodes.len().saturating_mul(size_of::<Node>() + size_of::<usize>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> CallTree {
        CallTree::new(B256::ZERO, 1_000_000)
    }

    #[test]
    fn ink_counts_for_the_innermost_site_and_equal_calls_are_one() {
        let mut tree = tree();
        tree.enter(Site::Function(1), 999_990, true);
        for round in 0..3 {
            tree.enter(Site::HostCall("msg_sender"), 999_900 - round * 100, true);
            tree.leave_host_call(999_870 - round * 100);
            // Only once.
            tree.leave_host_call(999_870 - round * 100);
        }
        tree.leave(999_000);
        tree.finish(999_000);
        let told: Vec<_> = tree.nodes.iter().map(|node| (node.site, node.calls, node.ink)).collect();
        let expected =
            [(Site::Program, 1, 10), (Site::Function(1), 1, 90 + 70 * 2 + 670), (Site::HostCall("msg_sender"), 3, 90)];
        assert_eq!(told, expected);
        assert_eq!(tree.total(), 1_000);
    }

    #[test]
    fn deep_recursion_counts_for_the_last_that_is_told_apart() {
        let mut tree = tree();
        for depth in 0..10_000 {
            tree.enter(Site::Function(7), 1_000_000 - depth, true);
            tree.enter(Site::HostCall("chainid"), 1_000_000 - depth, true);
            tree.leave_host_call(1_000_000 - depth);
        }
        for depth in 0..9_999 {
            tree.leave(980_000 - depth);
        }
        assert_eq!((tree.open, tree.beyond), (1, 0), "all but the first are over");
        tree.leave(960_000);
        tree.finish(0);
        let functions = tree.nodes.iter().filter(|node| node.site == Site::Function(7)).count();
        assert_eq!((functions, tree.nodes.len()), (MAX_DEPTH, 2 * MAX_DEPTH));
        assert_eq!((tree.total(), tree.open, tree.beyond), (1_000_000, 0, 0));
    }

    #[test]
    fn without_room_what_is_known_goes_on_and_what_is_new_counts_for_what_it_is_under() {
        let mut tree = tree();
        assert!(tree.enter(Site::Function(1), 1_000_000, true));
        tree.leave(999_999);
        assert!(!tree.enter(Site::Function(1), 999_999, false));
        // Two that are new, and within the second one that is known elsewhere.
        for site in [2, 3, 1] {
            assert!(!tree.enter(Site::Function(site), 999_990, false));
        }
        for ink in [999_980, 999_970, 999_960, 999_950] {
            tree.leave(ink);
        }
        tree.finish(999_940);
        let told: Vec<_> = tree.nodes.iter().map(|node| (node.site, node.calls, node.ink)).collect();
        assert_eq!(told, [(Site::Program, 1, 10), (Site::Function(1), 2, 50)]);
    }
}
