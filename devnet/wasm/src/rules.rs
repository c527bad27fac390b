//! The Stylus parameters of each ArbOS version.

/// Gas and size parameters that ArbOS keeps in state and its upgrades change.
///
/// Units are those of the field's name; the getters of `ArbWasm` report the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// ArbOS version that these are the parameters of.
    pub arbos: u64,
    /// Stylus version written into what is activated; a program of another version has to be activated again.
    pub stylus: u16,
    /// Ink that one gas buys.
    pub ink_price: u32,
    /// Stack that one program may use, in words.
    pub max_stack_depth: u32,
    /// Pages that a transaction gets without paying.
    pub free_pages: u16,
    /// Gas of each further page.
    pub page_gas: u16,
    /// The ramp of the exponential page price, as `ArbWasm.pageRamp` reports it.
    pub page_ramp: u64,
    /// Most pages that a program may start with.
    pub page_limit: u16,
    /// Least gas of a program's start, in units of 128.
    pub min_init_gas: u8,
    /// Least gas of a cached program's start, in units of 32.
    pub min_cached_init_gas: u8,
    /// Percentage at which computed start costs are charged.
    pub init_cost_percent: u64,
    /// Percentage at which computed cached start costs are charged.
    pub cached_cost_percent: u64,
    /// Days until an activation expires.
    pub expiry_days: u16,
    /// Days before it can be extended.
    pub keepalive_days: u16,
    /// Programs whose start stays cheap for the rest of a block; none below ArbOS 60.
    pub block_cache_size: u16,
    /// Most bytes of a decompressed WASM.
    pub max_wasm_size: u32,
    /// Whether multi-value is accepted.
    pub multi_value: bool,
}

/// The ArbOS version that the chain runs by default: Arbitrum One's.
pub const DEFAULT_ARBOS: u64 = 51;

impl Rules {
    /// Gas of one unit of `min_init_gas`.
    const MIN_INIT_UNIT: u64 = 128;
    /// Gas of one unit of `min_cached_init_gas`.
    const MIN_CACHED_UNIT: u64 = 32;

    /// The parameters of an ArbOS version from 30 (the first with Stylus) on.
    ///
    /// Version 31 brought Stylus 2, 50 a lower stack, 60 the cache of recent programs and no more multi-value.
    #[must_use]
    pub const fn for_arbos(arbos: u64) -> Self {
        let stylus = if arbos >= 31 { 2 } else { 1 };
        Self {
            arbos,
            stylus,
            ink_price: 10_000,
            max_stack_depth: if arbos >= 50 { 22_000 } else { 262_144 },
            free_pages: 2,
            page_gas: 1_000,
            page_ramp: 620_674_314,
            page_limit: 128,
            min_init_gas: if stylus >= 2 { 69 } else { 72 },
            min_cached_init_gas: 11,
            init_cost_percent: 100,
            cached_cost_percent: 100,
            expiry_days: 365,
            keepalive_days: 31,
            block_cache_size: 32,
            max_wasm_size: 128 * 1024,
            multi_value: arbos < 60,
        }
    }

    /// Whether programs entered lately in the same block start at the cached price.
    #[must_use]
    pub const fn caches_recent_programs(&self) -> bool {
        self.arbos >= 60
    }

    /// Gas of entering a program that is cached (ceiling of the percentage).
    #[must_use]
    pub const fn cached_gas(&self, cached_cost: u16) -> u64 {
        self.min_cached_init_gas as u64 * Self::MIN_CACHED_UNIT
            + (cached_cost as u64 * self.cached_cost_percent).div_ceil(100)
    }

    /// Gas that entering a program costs on top when it is not cached; in Stylus 1 it is all that is charged.
    #[must_use]
    pub const fn init_gas(&self, init_cost: u16) -> u64 {
        self.min_init_gas as u64 * Self::MIN_INIT_UNIT + (init_cost as u64 * self.init_cost_percent).div_ceil(100)
    }

    /// Gas of having `new` more pages where `open` are in use and `ever` were at once, over all programs of the
    /// call stack. [`u64::MAX`] where no gas buys it.
    #[must_use]
    pub fn page_cost(&self, new: u16, open: u16, ever: u16) -> u64 {
        let open_after = open.saturating_add(new);
        let ever_after = ever.max(open_after);
        if ever_after <= self.free_pages {
            return 0;
        }
        let paid = |pages: u16| u64::from(pages.saturating_sub(self.free_pages));
        let linear = paid(open_after).saturating_sub(paid(open)).saturating_mul(u64::from(self.page_gas));
        let ramp = page_ramp(ever_after).saturating_sub(page_ramp(ever));
        linear.saturating_add(ramp)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::for_arbos(DEFAULT_ARBOS)
    }
}

/// The exponential part of the page price: gas of having had `pages` pages at once.
///
/// Nitro's table, a consensus constant: 1 up to 5 pages, then doubling about every 5.4 pages so that 128 pages cost
/// 32 million gas together with their linear part.
fn page_ramp(pages: u16) -> u64 {
    #[rustfmt::skip]
    const RAMP: [u32; 129] = [
        1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33, 38, 43, 50, 57, 65,
        75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497, 569, 651, 745, 853, 976, 1117, 1279,
        1463, 1675, 1917, 2194, 2511, 2874, 3290, 3765, 4309, 4932, 5645, 6461, 7395, 8464, 9687, 11087, 12689, 14523,
        16621, 19024, 21773, 24919, 28521, 32642, 37359, 42758, 48938, 56010, 64104, 73368, 83971, 96106, 109994,
        125890, 144082, 164904, 188735, 216010, 247226, 282953, 323844, 370643, 424206, 485509, 555672, 635973, 727880,
        833067, 953456, 1091243, 1248941, 1429429, 1636000, 1872423, 2143012, 2452704, 2807151, 3212820, 3677113,
        4208502, 4816684, 5512756, 6309419, 7221210, 8264766, 9459129, 10826093, 12390601, 14181199, 16230562,
        18576084, 21260563, 24332984, 27849408, 31873999,
    ];
    RAMP.get(usize::from(pages)).copied().map_or(u64::MAX, u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_free_up_to_two_then_linear() {
        let rules = Rules::default();
        assert_eq!(rules.page_cost(2, 0, 0), 0);
        assert_eq!(rules.page_cost(3, 0, 0), 1_000);
        assert_eq!(rules.page_cost(1, 1, 1), 0);
        assert_eq!(rules.page_cost(1, 2, 2), 1_000);
    }

    #[test]
    fn pages_given_back_are_paid_again_only_in_their_linear_part() {
        let rules = Rules::default();
        assert_eq!(rules.page_cost(40, 0, 0), 38_000 + 220);
        assert_eq!(rules.page_cost(40, 0, 40), 38_000);
    }

    #[test]
    fn no_gas_buys_more_than_128_pages() {
        assert_eq!(Rules::default().page_cost(129, 0, 0), u64::MAX);
        assert_eq!(Rules::default().page_cost(128, 0, 0), 126_000 + 31_873_998);
    }

    #[test]
    fn stylus_1_starts_dearer_and_without_the_cached_part() {
        assert_eq!(Rules::for_arbos(30).init_gas(0), 9_216);
        assert_eq!(Rules::for_arbos(31).init_gas(0), 8_832);
        assert_eq!(Rules::default().cached_gas(0), 352);
    }

    #[test]
    fn each_version_has_its_table() {
        assert_eq!(Rules::for_arbos(40).max_stack_depth, 262_144);
        assert_eq!(Rules::for_arbos(50).max_stack_depth, 22_000);
        assert!(Rules::for_arbos(51).multi_value && !Rules::for_arbos(60).multi_value);
        assert!(!Rules::for_arbos(51).caches_recent_programs() && Rules::for_arbos(60).caches_recent_programs());
    }
}
