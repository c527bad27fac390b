//! A parsed module that Nitro would accept, short of what only instrumentation can tell.

use std::collections::{HashMap, HashSet};

use wasmparser::{
    CompositeInnerType, ConstExpr, Data, DataKind, DataSectionReader, Element, ElementItems, ElementKind,
    ElementSectionReader, Export, ExternalKind, FuncType, FunctionBody, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, KnownCustom, MemoryType, Name, Operator, Parser, Payload, TableSectionReader, TypeRef,
    TypeSectionReader, ValType, Validator, WasmFeatures,
};

use crate::{Refusal, Rules, hooks};

/// Name of the function that a call enters.
pub const ENTRY_POINT: &str = "user_entrypoint";
/// Name of the exported memory.
pub const MEMORY: &str = "memory";

/// A module: its sections as read, and what pricing and instrumentation ask of it.
#[derive(Debug, Clone)]
pub struct Module<'a> {
    /// The bytes it was read from.
    pub wasm: &'a [u8],
    pub(crate) types_section: Option<TypeSectionReader<'a>>,
    pub(crate) imports_section: Option<ImportSectionReader<'a>>,
    pub(crate) functions_section: Option<FunctionSectionReader<'a>>,
    pub(crate) tables_section: Option<TableSectionReader<'a>>,
    pub(crate) globals_section: Option<GlobalSectionReader<'a>>,
    pub(crate) elements_section: Option<ElementSectionReader<'a>>,
    pub(crate) datas_section: Option<DataSectionReader<'a>>,
    pub(crate) memory: MemoryType,
    pub(crate) exports: Vec<Export<'a>>,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    pub(crate) datas: Vec<Data<'a>>,
    /// Function types by type index.
    pub(crate) types: Vec<FuncType>,
    /// Type index of every function, imports first.
    pub(crate) function_types: Vec<u32>,
    /// Names of the imported host functions, in order.
    pub(crate) imports: Vec<&'a str>,
    pub(crate) globals: u32,
    name: &'a str,
    data_section_bytes: u64,
    element_section_bytes: u64,
    elements: u32,
    element_entries: u64,
    table_entries: u64,
}

/// The proposals that Nitro turns on.
fn features(rules: &Rules) -> WasmFeatures {
    let mut features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        // Passive segments are let through, though nothing that could use them is.
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::BULK_MEMORY_OPT
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES;
    features.set(WasmFeatures::MULTI_VALUE, rules.multi_value);
    features
}

fn invalid(error: impl std::fmt::Display) -> Refusal {
    Refusal::Invalid(error.to_string())
}

impl<'a> Module<'a> {
    /// Reads and checks a decompressed WASM.
    ///
    /// # Errors
    /// A [`Refusal`] for everything that `docs/chain.md` lists, but for what depends on the instrumented code
    /// ([`instrument`](crate::instrument)).
    pub fn parse(wasm: &'a [u8], rules: &Rules) -> Result<Self, Refusal> {
        if wasm.len() > rules.max_wasm_size as usize {
            return Err(Refusal::WasmTooLarge(rules.max_wasm_size as usize));
        }
        refuse_sections_and_instructions(wasm)?;
        Validator::new_with_features(features(rules)).validate_all(wasm).map_err(invalid)?;
        let module = Self::read(wasm)?;
        module.check_imports()?;
        module.check_exports()?;
        module.check_limits(rules)?;
        module.check_segments()?;
        Ok(module)
    }

    fn read(wasm: &'a [u8]) -> Result<Self, Refusal> {
        let mut module = Self {
            wasm,
            types_section: None,
            imports_section: None,
            functions_section: None,
            tables_section: None,
            globals_section: None,
            elements_section: None,
            datas_section: None,
            memory: MemoryType { memory64: false, shared: false, initial: 0, maximum: Some(0), page_size_log2: None },
            exports: Vec::new(),
            bodies: Vec::new(),
            datas: Vec::new(),
            types: Vec::new(),
            function_types: Vec::new(),
            imports: Vec::new(),
            globals: 0,
            name: "",
            data_section_bytes: 0,
            element_section_bytes: 0,
            elements: 0,
            element_entries: 0,
            table_entries: 0,
        };
        for payload in Parser::new(0).parse_all(wasm) {
            module.read_section(payload.map_err(invalid)?)?;
        }
        Ok(module)
    }

    fn read_section(&mut self, payload: Payload<'a>) -> Result<(), Refusal> {
        match payload {
            Payload::TypeSection(reader) => {
                for group in reader.clone() {
                    for ty in group.map_err(invalid)?.types() {
                        let CompositeInnerType::Func(ty) = &ty.composite_type.inner else {
                            return Err(invalid("a type that is no function's"));
                        };
                        self.types.push(ty.clone());
                    }
                }
                self.types_section = Some(reader);
            }
            Payload::ImportSection(reader) => self.read_imports(reader)?,
            Payload::FunctionSection(reader) => {
                for index in reader.clone() {
                    self.function_types.push(index.map_err(invalid)?);
                }
                self.functions_section = Some(reader);
            }
            Payload::TableSection(reader) => {
                for table in reader.clone() {
                    self.table_entries = self.table_entries.saturating_add(table.map_err(invalid)?.ty.initial);
                }
                self.tables_section = Some(reader);
            }
            Payload::MemorySection(reader) => {
                for memory in reader {
                    self.memory = memory.map_err(invalid)?;
                }
            }
            Payload::GlobalSection(reader) => {
                self.globals = reader.count();
                self.globals_section = Some(reader);
            }
            Payload::ExportSection(reader) => {
                self.exports = reader.into_iter().collect::<Result<_, _>>().map_err(invalid)?;
            }
            Payload::ElementSection(reader) => self.read_elements(reader)?,
            Payload::DataSection(reader) => {
                self.datas = reader.clone().into_iter().collect::<Result<_, _>>().map_err(invalid)?;
                self.data_section_bytes = self.datas.iter().map(|data| data.range.end - data.range.start).sum();
                self.datas_section = Some(reader);
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    for name in names {
                        if let Name::Module { name, .. } = name.map_err(invalid)? {
                            self.name = name;
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn read_imports(&mut self, reader: ImportSectionReader<'a>) -> Result<(), Refusal> {
        for import in reader.clone().into_imports() {
            let import = import.map_err(invalid)?;
            let unknown = || Refusal::UnknownImport { module: import.module.to_owned(), name: import.name.to_owned() };
            let TypeRef::Func(ty) = import.ty else { return Err(unknown()) };
            if import.module != hooks::MODULE {
                return Err(unknown());
            }
            self.function_types.push(ty);
            self.imports.push(import.name);
        }
        self.imports_section = Some(reader);
        Ok(())
    }

    fn read_elements(&mut self, reader: ElementSectionReader<'a>) -> Result<(), Refusal> {
        for element in reader.clone() {
            let Element { items, range, .. } = element.map_err(invalid)?;
            self.element_section_bytes += range.end - range.start;
            self.element_entries += match items {
                ElementItems::Functions(items) => u64::from(items.count()),
                ElementItems::Expressions(_, items) => u64::from(items.count()),
            };
        }
        self.elements = reader.count();
        self.elements_section = Some(reader);
        Ok(())
    }

    fn check_imports(&self) -> Result<(), Refusal> {
        let mut types = HashMap::new();
        for (name, ty) in self.imports.iter().zip(&self.function_types) {
            // Two types may be equal and still be two: what counts is the index.
            if types.insert(name, ty).is_some_and(|earlier| earlier != ty) {
                return Err(Refusal::ImportType((*name).to_owned()));
            }
            if name.starts_with("stylus") {
                return Err(Refusal::Reserved((*name).to_owned()));
            }
            let hook = hooks::find(name)
                .ok_or_else(|| Refusal::UnknownImport { module: hooks::MODULE.to_owned(), name: (*name).to_owned() })?;
            let is_hosts = self
                .types
                .get(*ty as usize)
                .is_some_and(|ty| ty.params() == hook.params && ty.results().iter().copied().eq(hook.result));
            if !is_hosts {
                return Err(Refusal::ImportType((*name).to_owned()));
            }
        }
        if self.memory.maximum != Some(self.memory.initial) && self.pay_for_memory_grow().is_none() {
            return Err(Refusal::UnpaidGrowth);
        }
        Ok(())
    }

    fn check_exports(&self) -> Result<(), Refusal> {
        let imports: HashSet<&str> = self.imports.iter().copied().collect();
        let mut kinds = HashMap::new();
        for export in &self.exports {
            // Nitro compares what follows the last double underscore.
            let name = export.name.rsplit("__").next().unwrap_or(export.name);
            if imports.contains(name) {
                return Err(Refusal::ExportShadowsImport(export.name.to_owned()));
            }
            if name.starts_with("stylus") {
                return Err(Refusal::Reserved(export.name.to_owned()));
            }
            kinds.insert(export.name, (export.kind, export.index));
        }
        match kinds.get(MEMORY) {
            Some((ExternalKind::Memory, 0)) => {}
            _ => return Err(Refusal::Export { name: MEMORY, expected: "the memory" }),
        }
        let entry = match kinds.get(ENTRY_POINT) {
            Some((ExternalKind::Func, index)) => self.function_type(*index),
            _ => None,
        };
        if entry.is_some_and(|ty| ty.params() == [ValType::I32] && ty.results() == [ValType::I32]) {
            Ok(())
        } else {
            Err(Refusal::Export { name: ENTRY_POINT, expected: "a function (i32) -> i32" })
        }
    }

    fn check_limits(&self, rules: &Rules) -> Result<(), Refusal> {
        const MAX_NAME: u64 = 512;
        Refusal::limit("initial pages", self.memory.initial, u64::from(rules.page_limit))?;
        Refusal::limit("data segments", self.datas.len() as u64, 128)?;
        Refusal::limit("element segments", u64::from(self.elements), 128)?;
        Refusal::limit("exports", self.exports.len() as u64 + ADDED_GLOBALS, 1_024)?;
        Refusal::limit("functions", self.bodies.len() as u64, 4_096)?;
        Refusal::limit("globals", u64::from(self.globals) + ADDED_GLOBALS, 32_768)?;
        Refusal::limit("imports", self.imports.len() as u64, 513)?;
        Refusal::limit("table entries", self.table_entries, 4_096)?;
        Refusal::limit("bytes of element segments", self.element_section_bytes, 4_096)?;
        for export in &self.exports {
            Refusal::limit("bytes of an export's name", export.name.len() as u64, MAX_NAME)?;
        }
        Refusal::limit("bytes of the module's name", self.name.len() as u64, MAX_NAME)
    }

    /// Segments have to fit in what the program starts with.
    fn check_segments(&self) -> Result<(), Refusal> {
        const PAGE: u64 = 1 << 16;
        for data in &self.datas {
            if let DataKind::Active { offset_expr, .. } = &data.kind {
                fits(offset_expr, data.data.len() as u64, self.memory.initial.saturating_mul(PAGE), "data")?;
            }
        }
        for element in self.elements_section.iter().cloned().flatten() {
            let element = element.map_err(invalid)?;
            if let ElementKind::Active { offset_expr, .. } = &element.kind {
                let ElementItems::Functions(items) = element.items else {
                    return Err(invalid("an element that is not a function's index"));
                };
                // There is one table at most.
                fits(offset_expr, items.count().into(), self.table_entries, "element")?;
            }
        }
        Ok(())
    }

    /// Type of a function by its index, imports first.
    #[must_use]
    pub(crate) fn function_type(&self, function: u32) -> Option<&FuncType> {
        self.types.get(*self.function_types.get(function as usize)? as usize)
    }

    /// Index of the import that memory growth is paid through.
    #[must_use]
    pub(crate) fn pay_for_memory_grow(&self) -> Option<u32> {
        self.imports.iter().position(|name| *name == hooks::PAY_FOR_MEMORY_GROW).and_then(|i| u32::try_from(i).ok())
    }

    /// What to call floating point, where the program has any instruction of it, reachable or not.
    #[must_use]
    pub fn floating_point(&self) -> Option<&'static str> {
        let has = self.bodies.iter().any(|body| {
            body.get_operators_reader()
                .is_ok_and(|ops| ops.into_iter().any(|op| op.is_ok_and(|op| crate::opcode::ink(&op) == u64::MAX)))
        });
        has.then_some("of floating point")
    }

    /// Pages that the program starts with.
    #[must_use]
    pub fn initial_pages(&self) -> u16 {
        u16::try_from(self.memory.initial).unwrap_or(u16::MAX)
    }

    /// Names of the imported host functions, in order.
    #[must_use]
    pub fn imports(&self) -> &[&'a str] {
        &self.imports
    }

    /// Names of what it exports, in order.
    pub fn export_names(&self) -> impl Iterator<Item = &'a str> {
        self.exports.iter().map(|export| export.name)
    }

    /// Functions with code.
    #[must_use]
    pub fn functions(&self) -> usize {
        self.bodies.len()
    }

    /// Bytes of the data and element segments with their headers, as entering a program is priced by.
    #[must_use]
    pub const fn segment_bytes(&self) -> u64 {
        self.data_section_bytes + self.element_section_bytes
    }

    /// Bytes of the data segments with their headers.
    #[must_use]
    pub const fn data_bytes(&self) -> u64 {
        self.data_section_bytes
    }

    /// Entries of all element segments.
    #[must_use]
    pub const fn element_entries(&self) -> u64 {
        self.element_entries
    }

    /// Parameters and results over all functions with code.
    #[must_use]
    pub fn type_words(&self) -> u64 {
        self.function_types
            .iter()
            .skip(self.imports.len())
            .filter_map(|ty| self.types.get(*ty as usize))
            .map(|ty| (ty.params().len() + ty.results().len()) as u64)
            .sum()
    }

    /// Globals once instrumented.
    #[must_use]
    pub fn globals_instrumented(&self) -> u64 {
        u64::from(self.globals) + ADDED_GLOBALS
    }
}

/// Refuses a segment of this length that ends after `size`.
fn fits(offset: &ConstExpr<'_>, len: u64, size: u64, what: &'static str) -> Result<(), Refusal> {
    let Operator::I32Const { value } = offset.get_operators_reader().read().map_err(invalid)? else {
        return Err(invalid("a segment whose place is not a constant"));
    };
    if u64::from(value.cast_unsigned()) + len > size { Err(Refusal::Outside(what)) } else { Ok(()) }
}

/// Globals that instrumentation adds, each with its export: ink, status, scratch, stack.
pub(crate) const ADDED_GLOBALS: u64 = 4;

/// Refuses by name what the validator would refuse with a less telling message.
fn refuse_sections_and_instructions(wasm: &[u8]) -> Result<(), Refusal> {
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(invalid)? {
            Payload::DataCountSection { .. } => return Err(Refusal::Section("DataCount")),
            Payload::TagSection(_) => return Err(Refusal::Section("tag")),
            Payload::StartSection { .. } => return Err(Refusal::StartFunction),
            Payload::CodeSectionEntry(body) => {
                for op in body.get_operators_reader().map_err(invalid)? {
                    // An operator that cannot be read is the validator's to describe.
                    let Ok(op) = op else { break };
                    if let Some(name) = refused_instruction(&op) {
                        return Err(Refusal::Instruction(name));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn refused_instruction(op: &Operator<'_>) -> Option<&'static str> {
    Some(match op {
        Operator::MemoryInit { .. } => "memory.init",
        Operator::DataDrop { .. } => "data.drop",
        Operator::ElemDrop { .. } => "elem.drop",
        Operator::TableInit { .. } => "table.init",
        Operator::TableCopy { .. } => "table.copy",
        Operator::TableFill { .. } => "table.fill",
        Operator::TableGet { .. } => "table.get",
        Operator::TableSet { .. } => "table.set",
        Operator::TableGrow { .. } => "table.grow",
        Operator::TableSize { .. } => "table.size",
        _ => return None,
    })
}
