// The operations of SQL. Values are bound as workerd binds them, and come back as JavaScript has them.
#include <algorithm>
#include <cmath>

#include "tests/conformance/interpreter.h"

namespace orrery::tests::conformance {
namespace {

struct AsBinding {
  SqlValue operator()(std::monostate) const { return {}; }
  SqlValue operator()(Undefined) const { return {}; }
  SqlValue operator()(std::int64_t) const {
    throw ObjectError::type_error("Cannot convert a BigInt value to a number");
  }
  SqlValue operator()(double number) const { return std::isnan(number) ? SqlValue() : SqlValue(number); }
  SqlValue operator()(const Blob& blob) const { return blob; }
  template <class Other>
  SqlValue operator()(const Other& other) const {
    return text_of(other);
  }
};

struct FromColumn {
  Value operator()(std::monostate) const { return {}; }
  Value operator()(std::int64_t number) const { return static_cast<double>(number); }
  template <class Other>
  Value operator()(const Other& other) const {
    return other;
  }
};

// Of columns with the same name the last one counts.
Value object_of(const SqlRow& row, const std::vector<std::string>& names) {
  Object object;
  for (std::size_t i = 0; i < row.size(); ++i) {
    Value value = std::visit(FromColumn(), row[i]);
    const auto found = std::ranges::find(object.fields, names[i], &std::pair<std::string, Value>::first);
    if (found == object.fields.end())
      object.fields.emplace_back(names[i], std::move(value));
    else
      found->second = std::move(value);
  }
  return object;
}

Value list_of(const SqlRow& row) {
  List list;
  for (const SqlValue& each : row) list.items.push_back(std::visit(FromColumn(), each));
  return list;
}

Value rest_of(Cursor& cursor) {
  const std::vector<std::string> names = cursor.column_names();
  List rows;
  for (const SqlRow& row : cursor.to_array()) rows.items.push_back(object_of(row, names));
  return rows;
}

Cursor& cursor_named(const Arguments& args, const Frame& frame) {
  const auto found = frame.shared->lists.find(args.text(0));
  if (found == frame.shared->lists.end()) throw ObjectError::type_error("there is no cursor " + args.text(0));
  return std::get<Cursor>(found->second);
}

Cursor opened(Storage storage, const std::string& query, const Values& values) {
  std::vector<SqlValue> bindings;
  for (const Value& each : values) bindings.push_back(std::visit(AsBinding(), each));
  return storage.sql().exec_with(query, std::move(bindings));
}

}  // namespace

void Interpreter::add_sql_calls(std::map<std::string_view, Call>& table) {
  table["sql"] = &Interpreter::sql;
  table["sql.open"] = &Interpreter::sql_open;
  table["sql.next"] = &Interpreter::sql_next;
  table["sql.rest"] = &Interpreter::sql_rest;
  table["sql.one"] = &Interpreter::sql_one;
  table["sql.raw"] = &Interpreter::sql_raw;
  table["sql.columns"] = &Interpreter::sql_columns;
  table["sql.rows_read"] = &Interpreter::sql_rows_read;
  table["sql.rows_written"] = &Interpreter::sql_rows_written;
  table["sql.size"] = &Interpreter::sql_size;
}

Value Interpreter::sql(const Arguments& args, const Frame&) {
  Cursor cursor = opened(ctx().storage(), args.text(0), args.from(1));
  return rest_of(cursor);
}

Value Interpreter::sql_open(const Arguments& args, const Frame& frame) {
  frame.shared->lists.insert_or_assign(args.text(0), opened(ctx().storage(), args.text(1), args.from(2)));
  return Undefined();
}

Value Interpreter::sql_next(const Arguments& args, const Frame& frame) {
  Cursor& cursor = cursor_named(args, frame);
  const std::optional<SqlRow> row = cursor.next();
  return row ? object_of(*row, cursor.column_names()) : Value(Undefined());
}

Value Interpreter::sql_rest(const Arguments& args, const Frame& frame) { return rest_of(cursor_named(args, frame)); }

Value Interpreter::sql_one(const Arguments& args, const Frame& frame) {
  Cursor& cursor = cursor_named(args, frame);
  const SqlRow row = cursor.one();
  return object_of(row, cursor.column_names());
}

Value Interpreter::sql_raw(const Arguments& args, const Frame& frame) {
  List rows;
  for (const SqlRow& row : cursor_named(args, frame).to_array()) rows.items.push_back(list_of(row));
  return rows;
}

Value Interpreter::sql_columns(const Arguments& args, const Frame& frame) {
  List names;
  for (const std::string& name : cursor_named(args, frame).column_names()) names.items.emplace_back(name);
  return names;
}

Value Interpreter::sql_rows_read(const Arguments& args, const Frame& frame) {
  return static_cast<double>(cursor_named(args, frame).rows_read());
}

Value Interpreter::sql_rows_written(const Arguments& args, const Frame& frame) {
  return static_cast<double>(cursor_named(args, frame).rows_written());
}

Value Interpreter::sql_size(const Arguments&, const Frame&) {
  return static_cast<double>(ctx().storage().database_size());
}

}  // namespace orrery::tests::conformance
