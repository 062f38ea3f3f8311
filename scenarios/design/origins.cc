// Which part of the world data centers and countries are in: the one they are usually counted to, and where that
// leaves a choice, the hint whose place is nearest. A country has one hint, however wide it is.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "scenarios/design/trace.h"
#include "sim/topology.h"

namespace orrery::scenarios {
namespace {

struct Part {
  std::string_view hint;
  std::string_view codes;  // a space between them
};
using World = std::array<Part, 11>;

// ISO 3166-1. XK is Kosovo, by common use.
constexpr World countries{{
    {"wnam", "MX"},
    {"enam",
     "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS NI PA PM PR SV SX TC TT US "
     "VC VG VI"},
    {"sam", "AR BO BR CL CO EC FK GF GY PE PY SR UY VE"},
    {"weur", "AD AT AX BE CH DE DK ES FI FO FR GB GG GI IE IM IS IT JE LI LU MC MT NL NO PT SE SJ SM VA"},
    {"eeur", "AL AM AZ BA BG BY CY CZ EE GE GR HR HU KG KZ LT LV MD ME MK PL RO RS RU SI SK TJ TM TR UA UZ XK"},
    {"apac", "BD BT CN HK IN LK MN MO MV NP PK TW"},
    {"apac-ne", "JP KP KR"},
    {"apac-se", "BN ID KH LA MM MY PH SG TH TL VN"},
    {"oc", "AS AU CC CK CX FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV VU WF WS"},
    {"afr",
     "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE "
     "NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW"},
    {"me", "AE AF BH IL IQ IR JO KW LB OM PS QA SA SY YE"},
}};

// IATA, of the cities where data centers are.
constexpr World airports{{
    {"wnam", "ABQ ANC AUS DEN DFW GDL HNL LAS LAX MEX PDX PHX QRO SAN SAT SEA SFO SJC SLC SMF TIJ YVR YXE YYC"},
    {"enam",
     "ATL BGI BGR BNA BOS BUF CLE CLT CMH DCA DTW EWR FSD GND GUA IAD IAH IND JAX JFK KIN LGA MCI MCO MEM MIA MSP "
     "OKC "
     "OMA ORD ORF PHL PIT POS PTY RDU RIC SAP SDQ SJO SJU STI STL TGU TLH TPA YHZ YOW YUL YWG YYZ"},
    {"sam",
     "ASU BAQ BEL BOG BSB CCS CLO CNF COR CWB EZE FLN FOR GEO GIG GRU GYE LIM LPB MAO MDE MVD PBM POA REC SCL SSA "
     "UIO "
     "VCP"},
    {"weur",
     "AMS ARN BCN BER BOD BRU CDG CPH DUB DUS EDI FCO FRA GOT GVA HAM HEL KEF LHR LIN LIS LUX LYS MAD MAN MLA MRS "
     "MUC "
     "MXP OPO ORY OSL PMO STR TXL VIE ZRH"},
    {"eeur",
     "ADB ALA ATH BEG BTS BUD DME EVN FRU GYD IST KBP KIV KJA KRK LCA LED LJU MSQ NQZ OTP PRG RIX RMO SKG SKP SOF "
     "SVO "
     "SVX TAS TBS TIA TLL VNO WAW WRO ZAG"},
    {"apac",
     "AMD BLR BOM CAN CCU CGP CKG CMB COK CTU DAC DEL HGH HKG HYD ISB KHH KHI KTM LHE MAA MFM MLE NAG PBH PEK PKX "
     "PNQ "
     "PVG SHA SZX TPE ULN XIY"},
    {"apac-ne", "CTS FUK GMP HND ICN ITM KIX NGO NRT OKA PUS"},
    {"apac-se", "BKK BWN CEB CGK CNX DAD DPS HAN JHB JOG KCH KUL MNL PNH RGN SGN SIN SUB VTE"},
    {"oc", "ADL AKL BNE CBR CHC GUM HBA MEL NOU PER PPT SUV SYD WLG"},
    {"afr",
     "ABJ ACC ADD ALG CAI CMN CPT DAR DKR DUR EBB FIH GBE HRE JIB JNB KGL LAD LLW LOS LUN MBA MPM MRU NBO ORN OUA "
     "RUN "
     "TNR TUN WDH"},
    {"me", "AMM AUH BAH BEY BGW BSR DMM DOH DXB EBL FJR HFA ISU JED KWI MCT NJF RUH THR TLV ZDM"},
}};

constexpr std::size_t letters = 26;

// Where a code of capitals stands in a table of all that have its length; nothing if it is none.
constexpr std::optional<std::size_t> index_of(std::string_view code) {
  std::size_t index = 0;
  for (const char c : code) {
    if (c < 'A' || c > 'Z') return std::nullopt;
    index = index * letters + static_cast<std::size_t>(c - 'A');
  }
  return index;
}

// The part of each code, from 1; 0: none. What is no code, or has two parts, does not compile.
template <std::size_t length, std::size_t codes>
consteval std::array<std::uint8_t, codes> parts_of(const World& world) {
  std::array<std::uint8_t, codes> parts{};
  for (std::size_t part = 0; part < world.size(); ++part)
    for (std::size_t at = 0; at < world[part].codes.size(); at += length + 1) {
      std::uint8_t& known = parts[index_of(world[part].codes.substr(at, length)).value()];
      if (known != 0) throw "a code stands in two parts of the world";
      known = static_cast<std::uint8_t>(part + 1);
    }
  return parts;
}

constexpr auto part_of_country = parts_of<2, letters * letters>(countries);
constexpr auto part_of_airport = parts_of<3, letters * letters * letters>(airports);

template <std::size_t codes>
std::optional<std::string_view> hint_in(const World& world, const std::array<std::uint8_t, codes>& parts,
                                        std::string_view code) {
  const auto index = index_of(code);
  if (!index || parts[*index] == 0) return std::nullopt;
  return world[parts[*index] - 1].hint;
}

}  // namespace

std::optional<std::string_view> hint_of_origin(std::string_view text) {
  for (const sim::LocationHint& hint : sim::location_hints())
    if (hint.name == text) return hint.name;
  if (text.size() == 2) return hint_in(countries, part_of_country, text);
  if (text.size() == 3) return hint_in(airports, part_of_airport, text);
  return std::nullopt;
}

}  // namespace orrery::scenarios
