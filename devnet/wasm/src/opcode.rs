//! What an instruction costs, and where a basic block ends.

use wasmparser::Operator;

/// Ink of charging for a basic block, itself part of the charge.
pub const BLOCK_INK: u64 = 2_450;
/// Ink of `memory.fill` and `memory.copy` for each byte.
pub const BULK_BYTE_INK: u64 = 100;

/// Ink of executing an instruction once; saturates to [`u64::MAX`] for floating point, which must not be reached.
///
/// `memory.fill` and `memory.copy` cost [`BULK_BYTE_INK`] a byte on top, `memory.grow` its pages.
#[must_use]
#[rustfmt::skip]
pub fn ink(op: &Operator<'_>) -> u64 {
    use Operator as O;
    match op {
        O::Nop | O::Block { .. } | O::Loop { .. } | O::Else | O::End | O::Unreachable | O::Return
        | O::I32Const { .. } | O::I64Const { .. } => 1,
        O::Drop => 9,
        O::Br { .. } | O::BrIf { .. } | O::If { .. } => 765,
        O::BrTable { targets } => 2_400 + 325 * u64::from(targets.len()),
        O::Select => 1_250,
        O::Call { .. } => 3_800,
        // The parameters' part needs the module's types: `indirect_ink`.
        O::CallIndirect { .. } => 13_610,
        O::LocalGet { .. } | O::LocalTee { .. } => 75,
        O::LocalSet { .. } => 210,
        O::GlobalGet { .. } => 225,
        O::GlobalSet { .. } => 575,
        O::MemorySize { .. } => 3_000,
        O::MemoryGrow { .. } => 8_050,
        O::MemoryFill { .. } | O::MemoryCopy { .. } => 950,

        O::I32Load { .. } | O::I32Load8S { .. } | O::I32Load8U { .. } | O::I32Load16S { .. } | O::I32Load16U { .. }
            => 670,
        O::I64Load { .. } | O::I64Load8S { .. } | O::I64Load8U { .. } | O::I64Load16S { .. } | O::I64Load16U { .. }
        | O::I64Load32S { .. } | O::I64Load32U { .. } => 680,
        O::I32Store { .. } | O::I32Store8 { .. } | O::I32Store16 { .. } => 825,
        O::I64Store { .. } | O::I64Store8 { .. } | O::I64Store16 { .. } | O::I64Store32 { .. } => 950,

        O::I32Eqz | O::I32Eq | O::I32Ne | O::I32LtS | O::I32LtU | O::I32GtS | O::I32GtU | O::I32LeS | O::I32LeU
        | O::I32GeS | O::I32GeU => 170,
        O::I64Eqz | O::I64Eq | O::I64Ne | O::I64LtS | O::I64LtU | O::I64GtS | O::I64GtU | O::I64LeS | O::I64LeU
        | O::I64GeS | O::I64GeU => 225,
        O::I32Clz | O::I32Ctz | O::I64Clz | O::I64Ctz => 210,
        O::I32Popcnt => 2_650,
        O::I64Popcnt => 6_000,
        O::I32Add | O::I32Sub | O::I32And | O::I32Or | O::I32Xor | O::I32Shl | O::I32ShrS | O::I32ShrU | O::I32Rotl
        | O::I32Rotr => 70,
        O::I64Add | O::I64Sub | O::I64And | O::I64Or | O::I64Xor | O::I64Shl | O::I64ShrS | O::I64ShrU | O::I64Rotl
        | O::I64Rotr => 100,
        O::I32Mul | O::I64Mul => 160,
        O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU => 1_120,
        O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU => 1_270,
        O::I32WrapI64 | O::I64ExtendI32S | O::I64ExtendI32U | O::I32Extend8S | O::I32Extend16S | O::I64Extend8S
        | O::I64Extend16S | O::I64Extend32S => 100,

        // Floating point; whatever else the validator lets through has no price either.
        _ => u64::MAX,
    }
}

/// Ink of `call_indirect` for each parameter of the callee.
pub const INDIRECT_PARAM_INK: u64 = 650;

/// Whether an instruction is the last of its basic block.
#[must_use]
pub fn ends_block(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::End
            | O::Else
            | O::Return
            | O::Loop { .. }
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::If { .. }
            | O::Call { .. }
            | O::CallIndirect { .. }
    )
}
