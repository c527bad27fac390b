//! Metering written into a module: ink before every basic block and for every byte that bulk instructions touch,
//! pages before memory grows, and the stack of every frame.
//!
//! The result is an ordinary WASM that any engine runs to the same ink; nothing of it depends on one.

use std::convert::Infallible;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, GlobalSection, GlobalType,
    ImportSection, Instruction as I, TypeSection, ValType,
};
use wasmparser::{FuncType, FunctionBody, Operator};

use crate::{EntryCost, Module, Refusal, Rules, cost, opcode};

/// Export that holds the ink left (i64).
pub const INK_LEFT: &str = "stylus_ink_left";
/// Export that is 1 once ink ran out (i32).
pub const INK_STATUS: &str = "stylus_ink_status";
/// Export that the passes share to hold a value (i32).
pub const SCRATCH: &str = "stylus_scratch_global";
/// Export that holds the words of stack left, 0 once they ran out (i32).
pub const STACK_LEFT: &str = "stylus_stack_left";

/// Module that a profiled program imports its probes from. No program can: it is not `vm_hooks`.
pub const PROBES: &str = "fomo_probes";
/// Probe that is called first in every function, with the function's index (`(i32)`).
pub const PROBE_ENTER: &str = "enter";
/// Probe that is called last in every function that returns (`()`).
pub const PROBE_LEAVE: &str = "leave";

/// Most words of a frame.
const MAX_FRAME: u64 = 10 * 1_024;
/// Most operands that a frame may hold at once.
const MAX_OPERANDS: u64 = 4_096;
/// Words of every frame on top of its locals and operands.
const FRAME_OVERHEAD: u64 = 4;

/// An accepted program, ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The instrumented WASM.
    pub wasm: Vec<u8>,
    /// What entering it costs.
    pub entry: EntryCost,
    /// Pages it starts with.
    pub pages: u16,
    /// Gas of activating it on top of [`cost::ACTIVATION_BASE_GAS`].
    pub activation_gas: u64,
    /// Bytes of machine code that the data fee is paid for.
    pub asm_estimate: u32,
}

/// Instruments a module.
///
/// # Errors
/// [`Refusal::TooMany`] for a frame, a function's locals or its instrumented instructions;
/// [`Refusal::Invalid`] if the module cannot be written again.
pub fn instrument(module: &Module<'_>, rules: &Rules) -> Result<Program, Refusal> {
    write(Writer::new(module)?, module, rules)
}

/// The same with a call of a probe where a function begins and where it returns. It costs no ink and changes no limit: the
/// program runs as without, to the same ink. Functions have the indices that they have in the module.
///
/// # Errors
/// As for [`instrument`].
pub fn instrument_probed(module: &Module<'_>, rules: &Rules) -> Result<Program, Refusal> {
    write(Writer::new(module)?.probed()?, module, rules)
}

fn write(mut writer: Writer<'_, '_>, module: &Module<'_>, rules: &Rules) -> Result<Program, Refusal> {
    writer.functions()?;
    let opcodes = writer.opcodes;
    Ok(Program {
        wasm: writer.finish(rules)?,
        entry: EntryCost::of(module, rules),
        pages: module.initial_pages(),
        activation_gas: cost::activation_gas(module, opcodes),
        asm_estimate: cost::asm_estimate(module),
    })
}

fn invalid(error: impl std::fmt::Display) -> Refusal {
    Refusal::Invalid(error.to_string())
}

/// Indices of the added globals.
#[derive(Clone, Copy)]
struct Globals {
    ink: u32,
    status: u32,
    scratch: u32,
    stack: u32,
}

/// Imports that are added behind those of the module, and their types.
#[derive(Clone, Copy)]
struct Probes {
    enter: u32,
    leave: u32,
    enter_type: u32,
    leave_type: u32,
}

/// Writes a module again, its own functions behind the imports that were added.
#[derive(Clone, Copy)]
struct Again {
    imported: u32,
    added: u32,
}

impl Reencode for Again {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(if function < self.imported { function } else { function.saturating_add(self.added) })
    }
}

struct Writer<'m, 'a> {
    module: &'m Module<'a>,
    globals: Globals,
    types: TypeSection,
    code: CodeSection,
    opcodes: u64,
    again: Again,
    probes: Option<Probes>,
}

impl<'m, 'a> Writer<'m, 'a> {
    fn new(module: &'m Module<'a>) -> Result<Self, Refusal> {
        let first = module.globals;
        let mut types = TypeSection::new();
        let mut again = Again { imported: u32::try_from(module.imports.len()).map_err(invalid)?, added: 0 };
        if let Some(section) = &module.types_section {
            again.parse_type_section(&mut types, section.clone()).map_err(invalid)?;
        }
        Ok(Self {
            module,
            globals: Globals { ink: first, status: first + 1, scratch: first + 2, stack: first + 3 },
            types,
            code: CodeSection::new(),
            opcodes: 0,
            again,
            probes: None,
        })
    }

    fn probed(mut self) -> Result<Self, Refusal> {
        let enter = self.again.imported;
        let enter_type = self.types.len();
        self.types.ty().function([ValType::I32], []);
        self.types.ty().function([], []);
        self.probes = Some(Probes { enter, leave: enter + 1, enter_type, leave_type: enter_type + 1 });
        self.again.added = 2;
        Ok(self)
    }

    fn functions(&mut self) -> Result<(), Refusal> {
        let imported = self.module.imports.len();
        for (index, body) in self.module.bodies.iter().enumerate() {
            let function = u32::try_from(imported + index).map_err(invalid)?;
            let ty = self.module.function_type(function).ok_or_else(|| invalid("a function without a type"))?;
            let body = Body::read(self.module, body)?;
            let result = self.result_block(ty);
            let probes = self.probes.map(|probes| (probes, function));
            let metered = body.metered(self.module, self.globals, result, self.again, probes)?;
            self.opcodes += metered.opcodes;
            self.code.function(&metered.function);
        }
        Ok(())
    }

    /// The type of a block that yields a function's results.
    fn result_block(&mut self, ty: &FuncType) -> BlockType {
        let mut again = self.again;
        let mut value = |ty: &wasmparser::ValType| again.val_type(*ty).unwrap_or(ValType::I32);
        match ty.results() {
            [] => BlockType::Empty,
            [one] => BlockType::Result(value(one)),
            many => {
                let index = self.types.len();
                self.types.ty().function([], many.iter().map(value));
                BlockType::FunctionType(index)
            }
        }
    }

    fn finish(self, rules: &Rules) -> Result<Vec<u8>, Refusal> {
        let module = self.module;
        let mut out = wasm_encoder::Module::new();
        let mut again = self.again;
        out.section(&self.types);
        let mut imports = ImportSection::new();
        if let Some(reader) = &module.imports_section {
            again.parse_import_section(&mut imports, reader.clone()).map_err(invalid)?;
        }
        if let Some(probes) = self.probes {
            imports.import(PROBES, PROBE_ENTER, EntityType::Function(probes.enter_type));
            imports.import(PROBES, PROBE_LEAVE, EntityType::Function(probes.leave_type));
        }
        if !imports.is_empty() {
            out.section(&imports);
        }
        if let Some(reader) = &module.functions_section {
            let mut section = wasm_encoder::FunctionSection::new();
            again.parse_function_section(&mut section, reader.clone()).map_err(invalid)?;
            out.section(&section);
        }
        if let Some(reader) = &module.tables_section {
            let mut section = wasm_encoder::TableSection::new();
            again.parse_table_section(&mut section, reader.clone()).map_err(invalid)?;
            out.section(&section);
        }
        let mut memories = wasm_encoder::MemorySection::new();
        memories.memory(module.memory.into());
        out.section(&memories);
        out.section(&self.globals_section(rules)?);
        out.section(&self.exports_section()?);
        if let Some(reader) = &module.elements_section {
            let mut section = wasm_encoder::ElementSection::new();
            again.parse_element_section(&mut section, reader.clone()).map_err(invalid)?;
            out.section(&section);
        }
        out.section(&self.code);
        if let Some(reader) = &module.datas_section {
            let mut section = wasm_encoder::DataSection::new();
            again.parse_data_section(&mut section, reader.clone()).map_err(invalid)?;
            out.section(&section);
        }
        Ok(out.finish())
    }

    fn globals_section(&self, rules: &Rules) -> Result<GlobalSection, Refusal> {
        let (mut section, mut again) = (GlobalSection::new(), self.again);
        if let Some(reader) = &self.module.globals_section {
            again.parse_global_section(&mut section, reader.clone()).map_err(invalid)?;
        }
        let mutable = |val_type| GlobalType { val_type, mutable: true, shared: false };
        let depth = i32::try_from(rules.max_stack_depth).unwrap_or(i32::MAX);
        section.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
        section.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
        section.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
        section.global(mutable(ValType::I32), &ConstExpr::i32_const(depth));
        Ok(section)
    }

    fn exports_section(&self) -> Result<ExportSection, Refusal> {
        let (mut section, mut again) = (ExportSection::new(), self.again);
        for export in &self.module.exports {
            again.parse_export(&mut section, *export).map_err(invalid)?;
        }
        let Globals { ink, status, scratch, stack } = self.globals;
        for (name, index) in [(INK_LEFT, ink), (INK_STATUS, status), (SCRATCH, scratch), (STACK_LEFT, stack)] {
            section.export(name, ExportKind::Global, index);
        }
        Ok(section)
    }
}

/// A function's locals and instructions.
struct Body<'a> {
    locals: Vec<(u32, wasmparser::ValType)>,
    declared: u64,
    ops: Vec<Operator<'a>>,
}

struct Metered {
    function: Function,
    opcodes: u64,
}

impl<'a> Body<'a> {
    fn read(_: &Module<'a>, body: &FunctionBody<'a>) -> Result<Self, Refusal> {
        let locals: Vec<_> =
            body.get_locals_reader().map_err(invalid)?.into_iter().collect::<Result<_, _>>().map_err(invalid)?;
        let declared = locals.iter().map(|(count, _)| u64::from(*count)).sum();
        Refusal::limit("locals of a function", declared, 348)?;
        let ops = body
            .get_operators_reader()
            .map_err(invalid)?
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map_err(invalid)?;
        Ok(Self { locals, declared, ops })
    }

    /// Ink of each basic block, in order.
    fn block_costs(&self, module: &Module<'a>) -> Vec<u64> {
        let mut costs = Vec::new();
        let mut cost = opcode::BLOCK_INK;
        for op in &self.ops {
            cost = cost.saturating_add(opcode::ink(op));
            if let Operator::CallIndirect { type_index, .. } = op {
                let params = module.types.get(*type_index as usize).map_or(0, |ty| ty.params().len() as u64);
                cost = cost.saturating_add(params * opcode::INDIRECT_PARAM_INK);
            }
            if opcode::ends_block(op) {
                costs.push(cost);
                cost = opcode::BLOCK_INK;
            }
        }
        costs
    }

    fn metered(
        self,
        module: &Module<'a>,
        globals: Globals,
        result: BlockType,
        mut again: Again,
        probes: Option<(Probes, u32)>,
    ) -> Result<Metered, Refusal> {
        let operands = operand_depth(module, &self.ops);
        Refusal::limit("operands of a frame", operands, MAX_OPERANDS)?;
        let frame = self.declared + operands + FRAME_OVERHEAD;
        Refusal::limit("words of a frame", frame, MAX_FRAME)?;
        let mut costs = self.block_costs(module).into_iter();
        let locals = self
            .locals
            .iter()
            .map(|(count, ty)| Ok((*count, again.val_type(*ty).map_err(invalid)?)))
            .collect::<Result<Vec<_>, Refusal>>()?;
        let mut out = Emitter { function: Function::new(locals), opcodes: 0, globals };
        out.probe_enter(probes);
        // Wrapped in a block, so that a branch to the function's own label gives the frame back like any other exit.
        let frame = i32::try_from(frame).map_err(invalid)?;
        out.enter_frame(frame);
        // Nitro has no such block, so that it does not count; its `return` before the end is the count of ours after it.
        out.function.instruction(&I::Block(result));
        let mut starts_block = true;
        for op in &self.ops {
            if std::mem::take(&mut starts_block) {
                out.charge(costs.next().unwrap_or(opcode::BLOCK_INK));
            }
            starts_block = opcode::ends_block(op);
            match op {
                Operator::Return => {
                    out.leave_frame(frame);
                    out.probe_leave(probes);
                }
                Operator::MemoryFill { .. } | Operator::MemoryCopy { .. } => out.charge_bytes(),
                Operator::MemoryGrow { .. } if module.memory.maximum != Some(module.memory.initial) => {
                    out.pay_for_grow(module.pay_for_memory_grow().ok_or(Refusal::UnpaidGrowth)?);
                }
                _ => {}
            }
            out.emit(again.instruction(op.clone()).map_err(invalid)?);
        }
        // The body's own `end` closed the block.
        out.leave_frame(frame);
        out.probe_leave(probes);
        out.emit(I::End);
        Refusal::limit("instructions of a function", out.opcodes, 65_536)?;
        Ok(Metered { function: out.function, opcodes: out.opcodes })
    }
}

/// Writes instructions and counts them.
struct Emitter {
    function: Function,
    opcodes: u64,
    globals: Globals,
}

impl Emitter {
    fn emit(&mut self, instruction: I<'_>) {
        self.function.instruction(&instruction);
        self.opcodes += 1;
    }

    /// Says which function begins. Neither probe counts as an instruction: limits are those without.
    fn probe_enter(&mut self, probes: Option<(Probes, u32)>) {
        if let Some((probes, function)) = probes {
            self.function.instruction(&I::I32Const(function.cast_signed()));
            self.function.instruction(&I::Call(probes.enter));
        }
    }

    fn probe_leave(&mut self, probes: Option<(Probes, u32)>) {
        if let Some((probes, _)) = probes {
            self.function.instruction(&I::Call(probes.leave));
        }
    }

    fn emit_all<'i>(&mut self, instructions: impl IntoIterator<Item = I<'i>>) {
        for instruction in instructions {
            self.emit(instruction);
        }
    }

    /// Traps with `status` set where the condition on the stack holds.
    fn trap_if(&mut self, global: u32, value: i32) {
        self.emit_all([I::If(BlockType::Empty), I::I32Const(value), I::GlobalSet(global), I::Unreachable, I::End]);
    }

    /// Takes `ink` or traps. The constant is unsigned: `u64::MAX` can never be paid.
    fn charge(&mut self, ink: u64) {
        let Globals { ink: left, status, .. } = self.globals;
        let ink = ink.cast_signed();
        self.emit_all([I::GlobalGet(left), I::I64Const(ink), I::I64LtU]);
        self.trap_if(status, 1);
        self.emit_all([I::GlobalGet(left), I::I64Const(ink), I::I64Sub, I::GlobalSet(left)]);
    }

    /// Takes ink for as many bytes as the value on the stack says, and leaves the value.
    fn charge_bytes(&mut self) {
        let Globals { ink, status, scratch, .. } = self.globals;
        self.emit_all([
            I::GlobalSet(scratch),
            I::GlobalGet(ink),
            I::GlobalGet(ink),
            I::GlobalGet(scratch),
            I::I64ExtendI32U,
            I::I64Const(opcode::BULK_BYTE_INK.cast_signed()),
            I::I64Mul,
            I::I64Sub,
            I::GlobalSet(ink),
            I::GlobalGet(ink),
            I::I64LtU,
        ]);
        self.trap_if(status, 1);
        self.emit(I::GlobalGet(scratch));
    }

    /// Pays for as many pages as the value on the stack says, and leaves the value.
    fn pay_for_grow(&mut self, pay: u32) {
        let scratch = self.globals.scratch;
        self.emit_all([I::GlobalSet(scratch), I::GlobalGet(scratch), I::GlobalGet(scratch), I::Call(pay)]);
    }

    fn enter_frame(&mut self, words: i32) {
        let stack = self.globals.stack;
        self.emit_all([I::GlobalGet(stack), I::I32Const(words), I::I32LeU]);
        self.trap_if(stack, 0);
        self.emit_all([I::GlobalGet(stack), I::I32Const(words), I::I32Sub, I::GlobalSet(stack)]);
    }

    fn leave_frame(&mut self, words: i32) {
        let stack = self.globals.stack;
        self.emit_all([I::GlobalGet(stack), I::I32Const(words), I::I32Add, I::GlobalSet(stack)]);
    }
}

/// Deepest operand stack of a function, the meter's own operands included.
///
/// Results of blocks count from the block's start, and those of a call on top of its arguments, as Nitro has it.
fn operand_depth(module: &Module<'_>, ops: &[Operator<'_>]) -> u64 {
    /// Operands that charging for a basic block holds at once.
    const CHARGE: u64 = 2;
    /// Operands that charging for bytes holds at once on top of the length.
    const CHARGE_BYTES: u64 = 3;
    let mut depth = 0u64;
    let mut deepest = CHARGE;
    let mut scopes = vec![0u64];
    for op in ops {
        let (pops, pushes) = effect(module, op);
        match op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                let before = depth.saturating_sub(u64::from(matches!(op, Operator::If { .. })));
                deepest = deepest.max(before + pushes);
                depth = (before + pushes).saturating_sub(pops);
                scopes.push(depth);
            }
            Operator::Else => depth = scopes.last().copied().unwrap_or(0),
            Operator::End => depth = scopes.pop().unwrap_or(0),
            Operator::Call { .. } | Operator::CallIndirect { .. } => {
                deepest = deepest.max(depth + pushes);
                depth = (depth + pushes).saturating_sub(pops);
            }
            Operator::MemoryFill { .. } | Operator::MemoryCopy { .. } => {
                deepest = deepest.max(depth + CHARGE_BYTES - 1);
                depth = depth.saturating_sub(pops);
            }
            _ => {
                depth = depth.saturating_sub(pops) + pushes;
                deepest = deepest.max(depth);
            }
        }
        if opcode::ends_block(op) {
            deepest = deepest.max(depth + CHARGE);
        }
    }
    deepest
}

/// Operands that an instruction pops and pushes; for a block, those of its type.
fn effect(module: &Module<'_>, op: &Operator<'_>) -> (u64, u64) {
    let of = |ty: Option<&FuncType>| ty.map_or((0, 0), |ty| (ty.params().len() as u64, ty.results().len() as u64));
    match op {
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => match blockty {
            wasmparser::BlockType::Empty => (0, 0),
            wasmparser::BlockType::Type(_) => (0, 1),
            wasmparser::BlockType::FuncType(index) => of(module.types.get(*index as usize)),
        },
        Operator::Call { function_index } => of(module.function_type(*function_index)),
        Operator::CallIndirect { type_index, .. } => {
            let (params, results) = of(module.types.get(*type_index as usize));
            (params + 1, results)
        }
        Operator::BrIf { .. } | Operator::BrTable { .. } => (1, 0),
        Operator::Else | Operator::End | Operator::Br { .. } | Operator::Return => (0, 0),
        // Every other instruction that is accepted has the same effect whatever the module's types.
        other => other.operator_arity(&Fixed).map_or((0, 0), |(pops, pushes)| (u64::from(pops), u64::from(pushes))),
    }
}

/// A module of which only instructions with a fixed arity are asked.
struct Fixed;

impl wasmparser::ModuleArity for Fixed {
    fn sub_type_at(&self, _: u32) -> Option<&wasmparser::SubType> {
        None
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }
    fn func_type_of_cont_type(&self, _: &wasmparser::ContType) -> Option<&FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &wasmparser::RefType) -> Option<&wasmparser::SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(wasmparser::BlockType, wasmparser::FrameKind)> {
        None
    }
}
