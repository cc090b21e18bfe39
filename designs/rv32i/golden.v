// The execute step of RV32I, written from the instruction set manual for people to read: what a learnt step is held to.
// One instruction with the values of its source registers in; what it changes out. See oracle.py for the conventions.
module step (
  input  [31:0] instruction, rs1, rs2, pc, load_data,
  output        rd_write, memory_write, trap,
  output reg [3:0]  store_mask,
  output reg [31:0] rd,
  output reg [31:0] next_pc,
  output reg [31:0] address,
  output reg [31:0] store_data
);
  localparam [6:0] LUI = 7'b0110111, AUIPC = 7'b0010111, JAL = 7'b1101111, JALR = 7'b1100111, BRANCH = 7'b1100011,
                   LOAD = 7'b0000011, STORE = 7'b0100011, OP_IMM = 7'b0010011, OP = 7'b0110011, MISC_MEM = 7'b0001111;

  wire [6:0] opcode = instruction[6:0];
  wire [2:0] funct3 = instruction[14:12];
  wire [6:0] funct7 = instruction[31:25];

  wire signed [31:0] i_immediate = $signed(instruction[31:20]);
  wire signed [31:0] s_immediate = $signed({instruction[31:25], instruction[11:7]});
  wire signed [31:0] b_immediate =
      $signed({instruction[31], instruction[7], instruction[30:25], instruction[11:8], 1'b0});
  wire        [31:0] u_immediate = {instruction[31:12], 12'd0};
  wire signed [31:0] j_immediate =
      $signed({instruction[31], instruction[19:12], instruction[20], instruction[30:21], 1'b0});

  // What is a legal instruction, kind by kind.
  reg legal;
  always @* begin
    case (opcode)
      LUI, AUIPC, JAL: legal = 1'b1;
      JALR, MISC_MEM:  legal = funct3 == 3'd0;
      BRANCH:          legal = funct3 != 3'd2 && funct3 != 3'd3;
      LOAD:            legal = funct3 != 3'd3 && funct3 < 3'd6;
      STORE:           legal = funct3 <= 3'd2;
      OP_IMM:
        case (funct3)
          3'd1:    legal = funct7 == 7'd0;
          3'd5:    legal = funct7 == 7'd0 || funct7 == 7'd32;
          default: legal = 1'b1;
        endcase
      OP:              legal = funct7 == 7'd0 || (funct7 == 7'd32 && (funct3 == 3'd0 || funct3 == 3'd5));
      default:         legal = 1'b0;
    endcase
  end
  wire store  = legal && opcode == STORE;
  wire load   = legal && opcode == LOAD;
  wire branch = legal && opcode == BRANCH;
  assign trap         = !legal;
  assign memory_write = store;
  assign rd_write     = legal && opcode != STORE && opcode != BRANCH && opcode != MISC_MEM;

  // Computation; a branch compares like SLT and SLTU.
  wire [31:0] operand     = opcode == OP || opcode == BRANCH ? rs2 : i_immediate;
  wire        alternative = instruction[30] && (opcode == OP || (opcode == OP_IMM && funct3 == 3'd5));
  wire        subtract    = opcode == BRANCH || funct3 == 3'd2 || funct3 == 3'd3 || alternative;
  wire [32:0] sum         = {1'b0, rs1} + {1'b0, subtract ? ~operand : operand} + subtract;
  wire        below       = !sum[32];
  wire        less        = rs1[31] == operand[31] ? below : rs1[31];
  wire [4:0]  amount      = operand[4:0];
  wire signed [32:0] extended = {alternative && rs1[31], rs1};
  wire [32:0] right       = extended >>> amount;
  reg  [31:0] result;
  always @* begin
    case (funct3)
      3'd0: result = sum[31:0];
      3'd1: result = rs1 << amount;
      3'd2: result = less;
      3'd3: result = below;
      3'd4: result = rs1 ^ operand;
      3'd5: result = right[31:0];
      3'd6: result = rs1 | operand;
      3'd7: result = rs1 & operand;
    endcase
  end

  // Memory: whole words, little-endian.
  wire [31:0] place = rs1 + (opcode == STORE ? s_immediate : i_immediate);
  wire [31:0] moved = load_data >> {place[1], 4'd0};
  wire [15:0] half  = moved[15:0];
  wire [7:0]  octet = place[0] ? half[15:8] : half[7:0];
  reg  [31:0] loaded;
  always @* begin
    case (funct3)
      3'd0:    loaded = $signed(octet);
      3'd1:    loaded = $signed(half);
      3'd4:    loaded = octet;
      3'd5:    loaded = half;
      default: loaded = load_data;
    endcase
  end
  always @* begin
    store_mask = 4'd0;
    store_data = 32'd0;
    if (store)
      case (funct3[1:0])
        2'd0:    begin store_mask = 4'b0001 << place[1:0]; store_data = {4{rs2[7:0]}}; end
        2'd1:    begin store_mask = place[1] ? 4'b1100 : 4'b0011; store_data = {2{rs2[15:0]}}; end
        default: begin store_mask = 4'b1111; store_data = rs2; end
      endcase
    address = load || store ? place : 32'd0;
  end

  // Where to go on, and what is kept.
  wire [31:0] following = pc + 32'd4;
  wire [31:0] target    = pc + (opcode == JAL ? j_immediate : opcode == AUIPC ? u_immediate : b_immediate);
  reg taken;
  always @* begin
    case (funct3[2:1])
      2'd0:    taken = (rs1 == rs2) != funct3[0];
      2'd2:    taken = less != funct3[0];
      default: taken = below != funct3[0];
    endcase
    next_pc = following;
    rd = 32'd0;
    if (legal)
      case (opcode)
        LUI:        rd = u_immediate;
        AUIPC:      rd = target;
        JAL:        begin rd = following; next_pc = target; end
        JALR:       begin rd = following; next_pc = {place[31:1], 1'b0}; end
        BRANCH:     if (taken) next_pc = target;
        LOAD:       rd = loaded;
        OP, OP_IMM: rd = result;
        default:    ;
      endcase
  end
endmodule
